// SPDX-License-Identifier: GPL-2.0
/* Does the kernel heed a driver_override of ours? This one does, and the fake buses do not. */
#include <kunit/test.h>
#include <linux/device.h>
#include <linux/errno.h>
#include <linux/pci.h>
#include <linux/sysfs.h>

#include "fail_nth.h"
#include "fake_bus.h"
#include "fake_driver.h"
#include "gpupt/claim.h"
#include "gpupt/compat.h"
#include "gpupt/override.h"
#include "parts.h"

/* As 7.0: there is an attribute, and it reads another field. */
static ssize_t driver_override_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "(null)\n");
}
static DEVICE_ATTR_RO(driver_override);

static struct attribute *other_field_attrs[] = { &dev_attr_driver_override.attr, NULL };
ATTRIBUTE_GROUPS(other_field);

static const struct bus_type other_field = { .name = "other", .dev_groups = other_field_groups };
static const struct bus_type no_attribute = { .name = "none" };

static void tear_down(struct kunit *test)
{
	parts_tear_down(test);
	gpupt_override_check(&pci_bus_type);
}

static void this_kernel_heeds_it(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, gpupt_override_check(&pci_bus_type), 0);
	KUNIT_EXPECT_TRUE(test, gpupt_override_works());
}

static void another_field_is_noticed(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, gpupt_override_check(&other_field), 0);
	KUNIT_EXPECT_FALSE(test, gpupt_override_works());
	KUNIT_EXPECT_EQ(test, gpupt_override_check(&no_attribute), 0);
	KUNIT_EXPECT_FALSE(test, gpupt_override_works());
}

static void check_bears_lack_of_memory(struct kunit *test)
{
	unsigned int nth;
	int ret;

	fail_nth_need(test);
	for (nth = 1; nth < 20; nth++) {
		fail_nth_begin(nth);
		ret = gpupt_override_check(&pci_bus_type);
		if (!fail_nth_end())
			break;
		KUNIT_EXPECT_EQ(test, ret, -ENOMEM);
		KUNIT_EXPECT_FALSE(test, gpupt_override_works());
	}
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_TRUE(test, gpupt_override_works());
}

/* Nothing is touched, by hand or by parameter. */
static void without_it_no_card_is_claimed(struct kunit *test)
{
	struct pci_dev *gpu;
	char name[24];

	fake_bus_create(test, &fake_bus_gtx1080, NULL);
	gpu = fake_bus_function(fake_bus_slot(test, 0), 0);
	fake_driver_start(test, &fake_vfio);
	fake_driver_start(test, &fake_host);
	parts_start(test);
	gpupt_override_check(&no_attribute);
	KUNIT_EXPECT_EQ(test, gpupt_claim_take(parts_record(gpu), true), -EOPNOTSUPP);
	KUNIT_EXPECT_STREQ(test, fake_driver_of(gpu), fake_host.pci.name);

	/* parameters cannot be set where the suites are no module */
	if (!parts_param(test, "claim", "10de:1b80")) {
		gpupt_claim_adopt(gpu);
		gpupt_get_driver_override(gpu, name, sizeof(name));
		KUNIT_EXPECT_STREQ(test, name, "");
		gpupt_override_check(&pci_bus_type);
		gpupt_claim_adopt(gpu);
		gpupt_get_driver_override(gpu, name, sizeof(name));
		KUNIT_EXPECT_STREQ(test, name, "vfio-pci");
	}
	gpupt_override_check(&pci_bus_type);
	KUNIT_EXPECT_EQ(test, gpupt_claim_take(parts_record(gpu), true), 0);
	KUNIT_EXPECT_STREQ(test, fake_driver_of(gpu), "vfio-pci");
}

static struct kunit_case override_cases[] = {
	KUNIT_CASE(this_kernel_heeds_it),
	KUNIT_CASE(another_field_is_noticed),
	KUNIT_CASE(check_bears_lack_of_memory),
	KUNIT_CASE(without_it_no_card_is_claimed),
	{}
};

static struct kunit_suite override_suite = {
	.name = "gpupt_reset_override",
	.exit = tear_down,
	.test_cases = override_cases,
};

kunit_test_suite(override_suite);
