// SPDX-License-Identifier: GPL-2.0
/* Facts for the report, gathered from real functions, and the report into the log. */
#include <kunit/test.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/iommu.h>
#include <linux/ioport.h>
#include <linux/pci.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "fail_nth.h"
#include "fake_bus.h"
#include "fake_driver.h"
#include "gpupt/inform.h"
#include "gpupt/survey.h"
#include "parts.h"

static struct fake_bus_slot *slot;
static struct pci_dev *gpu, *port;
/* Too large for the stack. */
static struct gpupt_card_facts facts;

static void insert(struct kunit *test, const struct fake_bus_card *kind)
{
	fake_bus_create(test, kind, NULL);
	slot = fake_bus_slot(test, 0);
	gpu = fake_bus_function(slot, 0);
	port = fake_bus_port(slot);
	memset(&facts, 0x5a, sizeof(facts));
}

static void card_has_bars(struct kunit *test)
{
	insert(test, &fake_bus_gtx1080);
	gpupt_survey_card(&facts, gpu);
	KUNIT_EXPECT_EQ(test, facts.bar[0].bytes, (u64)SZ_16M);
	KUNIT_EXPECT_TRUE(test, facts.bar[0].assigned);
	KUNIT_EXPECT_EQ(test, facts.bar[0].possible, 0ULL);
	KUNIT_EXPECT_EQ(test, facts.bar[1].bytes, (u64)SZ_64M);
	KUNIT_EXPECT_EQ(test, facts.bar[1].possible, (u64)SZ_128M);
	KUNIT_EXPECT_EQ(test, facts.bar[2].bytes, 0ULL);
	KUNIT_EXPECT_EQ(test, facts.bar[3].bytes, 0ULL);
	KUNIT_EXPECT_EQ(test, facts.framebuffer, -1);

	/* one without an address */
	gpu->resource[1].flags |= IORESOURCE_UNSET;
	gpupt_survey_card(&facts, gpu);
	KUNIT_EXPECT_FALSE(test, facts.bar[1].assigned);
	KUNIT_EXPECT_EQ(test, facts.bar[1].bytes, (u64)SZ_64M);
	gpu->resource[1].flags &= ~IORESOURCE_UNSET;
}

/* One that sleeps or is hung is not asked for the sizes that its BARs could have. */
static void card_that_sleeps_is_left_alone(struct kunit *test)
{
	insert(test, &fake_bus_gtx1080);
	gpu->current_state = PCI_D3cold;
	fake_bus_arm(slot);
	gpupt_survey_card(&facts, gpu);
	KUNIT_EXPECT_EQ(test, slot->accesses, 0U);
	fake_bus_disarm(slot);
	gpu->current_state = PCI_D0;
	KUNIT_EXPECT_EQ(test, facts.bar[1].bytes, (u64)SZ_64M);
	KUNIT_EXPECT_EQ(test, facts.bar[1].possible, 0ULL);

	slot->dead = FAKE_BUS_SBR;
	gpupt_survey_card(&facts, gpu);
	KUNIT_EXPECT_EQ(test, facts.bar[1].possible, 0ULL);
}

static void framebuffer_is_who_holds_a_bar(struct kunit *test)
{
	struct resource *fb;

	insert(test, &fake_bus_gtx1080);
	fb = request_mem_region(pci_resource_start(gpu, 1) + SZ_1M, SZ_4K, "efifb");
	KUNIT_ASSERT_NOT_NULL(test, fb);
	gpupt_survey_card(&facts, gpu);
	KUNIT_EXPECT_EQ(test, facts.framebuffer, 1);
	/* without the lock that VFIO only tries for, and a driver that hangs keeps */
	device_lock(&gpu->dev);
	gpupt_survey_card(&facts, gpu);
	device_unlock(&gpu->dev);
	KUNIT_EXPECT_EQ(test, facts.framebuffer, 1);
	KUNIT_EXPECT_EQ(test, facts.bar[1].bytes, (u64)SZ_64M);
	/* a driver that has the GPU open holds it by right */
	fake_driver_start(test, &fake_host);
	gpupt_survey_card(&facts, gpu);
	KUNIT_EXPECT_EQ(test, facts.framebuffer, 1);
	KUNIT_ASSERT_EQ(test, pci_enable_device(gpu), 0);
	gpupt_survey_card(&facts, gpu);
	KUNIT_EXPECT_EQ(test, facts.framebuffer, -1);
	pci_disable_device(gpu);
	release_mem_region(pci_resource_start(gpu, 1) + SZ_1M, SZ_4K);
	gpupt_survey_card(&facts, gpu);
	KUNIT_EXPECT_EQ(test, facts.framebuffer, -1);
}

static void acs_is_looked_for_on_the_way(struct kunit *test)
{
	insert(test, &fake_bus_p40);
	gpupt_survey_card(&facts, gpu);
	KUNIT_EXPECT_STREQ(test, facts.no_acs, "");
	/* switched off in part */
	fake_bus_put(&slot->port, 0x186, 2, 0x15);
	gpupt_survey_card(&facts, gpu);
	KUNIT_EXPECT_STREQ(test, facts.no_acs, pci_name(port));
	/* which the port cannot do at all */
	fake_bus_put(&slot->port, 0x184, 2, 0x15);
	gpupt_survey_card(&facts, gpu);
	KUNIT_EXPECT_STREQ(test, facts.no_acs, "");
	/* no ACS at all: the port has nothing behind error reporting */
	fake_bus_put(&slot->port, 0x100, 4, 0x00010001);
	gpupt_survey_card(&facts, gpu);
	KUNIT_EXPECT_STREQ(test, facts.no_acs, pci_name(port));
}

static void group_is_none_without_an_iommu(struct kunit *test)
{
	struct gpupt_host_facts host;

	if (IS_ENABLED(CONFIG_IOMMU_API))
		kunit_skip(test, "this kernel knows IOMMUs");
	insert(test, &fake_bus_p40);
	KUNIT_EXPECT_EQ(test, gpupt_survey_group(gpu), -1);
	gpupt_survey_card(&facts, gpu);
	KUNIT_EXPECT_FALSE(test, facts.grouped);
	KUNIT_EXPECT_FALSE(test, facts.isolated_msi);
	KUNIT_EXPECT_EQ(test, facts.members, 0U);
	gpupt_survey_host(&host);
	KUNIT_EXPECT_EQ(test, host.iommu, GPUPT_IOMMU_NONE);
	KUNIT_EXPECT_FALSE(test, host.translating);
	KUNIT_EXPECT_FALSE(test, host.remapping);
}

/* As VFIO does in its unsafe no-IOMMU mode, where firmware describes no IOMMU. */
static void group_of_no_iommu_is_none(struct kunit *test)
{
	struct gpupt_host_facts host;
	struct iommu_group *group;
	char text[16];

	insert(test, &fake_bus_p40);
	if (gpu->dev.iommu)
		kunit_skip(test, "this machine has an IOMMU");
	group = iommu_group_alloc();
	if (IS_ENABLED(CONFIG_IOMMU_API)) {
		KUNIT_ASSERT_FALSE(test, IS_ERR(group));
		KUNIT_EXPECT_EQ(test, iommu_group_set_name(group, "vfio-noiommu"), 0);
		KUNIT_EXPECT_EQ(test, iommu_group_add_device(group, &gpu->dev), 0);
		iommu_group_put(group);
	} else {
		/* only looked at */
		gpu->dev.iommu_group = (struct iommu_group *)&facts;
	}
	KUNIT_EXPECT_EQ(test, gpupt_survey_group(gpu), -1);
	gpupt_survey_card(&facts, gpu);
	KUNIT_EXPECT_FALSE(test, facts.grouped);
	KUNIT_EXPECT_EQ(test, facts.members, 0U);
	gpupt_survey_host(&host);
	KUNIT_EXPECT_TRUE(test, host.made_up);
	KUNIT_EXPECT_FALSE(test, host.translating);
	KUNIT_EXPECT_EQ(test, host.iommu, GPUPT_IOMMU_NONE);
	parts_start(test);
	KUNIT_EXPECT_EQ(test, parts_read(NULL, "iommu", text, sizeof(text)), 0);
	KUNIT_EXPECT_STREQ(test, text, "none");
	KUNIT_EXPECT_EQ(test, parts_read(gpu, "gpupt/iommu_group", text, sizeof(text)), 0);
	KUNIT_EXPECT_STREQ(test, text, "none");
	KUNIT_EXPECT_EQ(test, parts_read(gpu, "gpupt/viable", text, sizeof(text)), 0);
	KUNIT_EXPECT_STREQ(test, text, "none");
	iommu_group_remove_device(&gpu->dev);
	if (!IS_ENABLED(CONFIG_IOMMU_API))
		gpu->dev.iommu_group = NULL;
	gpupt_survey_host(&host);
	KUNIT_EXPECT_FALSE(test, host.made_up);
}

/* The survey changes nothing, and keeps nothing. */
static void survey_puts_every_reference(struct kunit *test)
{
	unsigned int gpu_refs, port_refs;
	struct gpupt_host_facts host;

	insert(test, &fake_bus_gtx1080);
	gpu_refs = kref_read(&gpu->dev.kobj.kref);
	port_refs = kref_read(&port->dev.kobj.kref);
	fake_bus_arm(slot);
	gpupt_survey_card(&facts, gpu);
	gpupt_survey_host(&host);
	KUNIT_EXPECT_FALSE(test, slot->fn[0].quiet || slot->fn[1].quiet);
	fake_bus_disarm(slot);
	KUNIT_EXPECT_EQ(test, kref_read(&gpu->dev.kobj.kref), gpu_refs);
	KUNIT_EXPECT_EQ(test, kref_read(&port->dev.kobj.kref), port_refs);
	KUNIT_EXPECT_FALSE(test, mutex_is_locked(&gpu->dev.mutex));
}

static void inform_bears_lack_of_memory(struct kunit *test)
{
	unsigned int nth;
	int ret;

	fail_nth_need(test);
	insert(test, &fake_bus_gtx1080);
	parts_start(test);
	for (nth = 1; ; nth++) {
		fail_nth_begin(nth);
		ret = gpupt_inform_all();
		if (!fail_nth_end())
			break;
		/* the first one is ours, of the others nothing depends */
		KUNIT_EXPECT_EQ(test, ret, nth == 1 ? -ENOMEM : 0);
	}
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_GT(test, nth, 1U);
	fail_nth_begin(1);
	gpupt_inform_warn(gpu);
	KUNIT_EXPECT_TRUE(test, fail_nth_end());
	gpupt_inform_warn(gpu);
}

static struct kunit_case survey_cases[] = {
	KUNIT_CASE(card_has_bars),
	KUNIT_CASE(card_that_sleeps_is_left_alone),
	KUNIT_CASE(framebuffer_is_who_holds_a_bar),
	KUNIT_CASE(acs_is_looked_for_on_the_way),
	KUNIT_CASE(group_is_none_without_an_iommu),
	KUNIT_CASE(group_of_no_iommu_is_none),
	KUNIT_CASE(survey_puts_every_reference),
	KUNIT_CASE(inform_bears_lack_of_memory),
	{}
};

static struct kunit_suite survey_suite = {
	.name = "gpupt_reset_survey",
	.exit = parts_tear_down,
	.test_cases = survey_cases,
};

kunit_test_suite(survey_suite);
