// SPDX-License-Identifier: GPL-2.0
/* Attributes, through their files: what they show, take and refuse, as the ABI document says. */
#include <kunit/test.h>
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/device.h>
#include <linux/errno.h>
#include <linux/pci.h>
#include <linux/string.h>

#include "fail_nth.h"
#include "fake_bus.h"
#include "fake_driver.h"
#include "gpupt/device.h"
#include "parts.h"

static struct fake_bus_slot *slot;
static struct pci_dev *gpu, *audio;
static char words[64];

static void insert(struct kunit *test, const struct fake_bus_card *kind)
{
	fake_bus_create(test, kind, NULL);
	slot = fake_bus_slot(test, 0);
	gpu = fake_bus_function(slot, 0);
	audio = fake_bus_function(slot, 1);
	parts_start(test);
}

static int write_text(struct pci_dev *pdev, const char *name, const char *text)
{
	return parts_write(pdev, name, text, strlen(text));
}

static void expect(struct kunit *test, struct pci_dev *pdev, const char *name, const char *text)
{
	KUNIT_EXPECT_EQ_MSG(test, parts_read(pdev, name, words, sizeof(words)), 0, "%s", name);
	KUNIT_EXPECT_STREQ_MSG(test, words, text, "%s", name);
}

static void files_say_what_is_known(struct kunit *test)
{
	insert(test, &fake_bus_gtx1080);
	expect(test, gpu, "gpupt_reset", "bus bus-long rescan");
	expect(test, gpu, "gpupt_claim", "0");
	expect(test, gpu, "gpupt/family", "pascal");
	expect(test, gpu, "gpupt/state", "unknown");
	expect(test, gpu, "gpupt/last_rung", "none");
	expect(test, gpu, "gpupt/last_result", "none");
	expect(test, gpu, "gpupt/last_ms", "none");
	expect(test, gpu, "gpupt/resets", "0");
	expect(test, gpu, "gpupt/failures", "0");
	expect(test, gpu, "gpupt/framebuffer", "none");
	expect(test, gpu, "gpupt/acs", pci_name(fake_bus_port(slot)));
	/* only the GPU has any */
	KUNIT_EXPECT_EQ(test, parts_read(audio, "gpupt_reset", words, sizeof(words)), -ENOENT);
	KUNIT_EXPECT_EQ(test, parts_read(audio, "gpupt/state", words, sizeof(words)), -ENOENT);
	if (!IS_ENABLED(CONFIG_IOMMU_API)) {
		expect(test, gpu, "gpupt/iommu_group", "none");
		expect(test, gpu, "gpupt/isolated_msi", "0");
		expect(test, gpu, "gpupt/viable", "none");
		expect(test, NULL, "iommu", "none");
		expect(test, NULL, "interrupt_remapping", "off");
	}
	expect(test, NULL, "hook", "off");
	expect(test, NULL, "version", "kunit");
	KUNIT_EXPECT_EQ(test, parts_read(NULL, "iommu_domain", words, sizeof(words)), 0);
}

static void a_reset_is_seen_in_the_files(struct kunit *test)
{
	insert(test, &fake_bus_gtx1080);
	KUNIT_EXPECT_EQ(test, write_text(gpu, "gpupt_reset", "1\n"), 0);
	KUNIT_EXPECT_EQ(test, slot->sbr, 1U);
	expect(test, gpu, "gpupt/state", "ok");
	expect(test, gpu, "gpupt/last_rung", "bus");
	expect(test, gpu, "gpupt/last_result", "ok");
	expect(test, gpu, "gpupt/resets", "1");
	KUNIT_EXPECT_EQ(test, parts_read(gpu, "gpupt/last_ms", words, sizeof(words)), 0);
	KUNIT_EXPECT_TRUE(test, words[0] >= '1' && words[0] <= '9');

	slot->dead = FAKE_BUS_POWER;
	KUNIT_EXPECT_EQ(test, write_text(gpu, "gpupt_reset", "bus-long"), -EIO);
	expect(test, gpu, "gpupt/state", "hung");
	expect(test, gpu, "gpupt/last_rung", "bus-long");
	expect(test, gpu, "gpupt/resets", "2");
	expect(test, gpu, "gpupt/failures", "1");
	KUNIT_EXPECT_EQ(test, parts_read(gpu, "gpupt/last_result", words, sizeof(words)), 0);
	/* -19 on a kernel without names of errors */
	KUNIT_EXPECT_TRUE(test, !strcmp(words, "ENODEV") || !strcmp(words, "19"));
	set_bit(GPUPT_DEVICE_BUSY, &parts_record(gpu)->flags);
	expect(test, gpu, "gpupt/state", "resetting");
	clear_bit(GPUPT_DEVICE_BUSY, &parts_record(gpu)->flags);
}

/* The file goes away with the function while it is written to. */
static void a_rung_may_remove_the_file_that_asked_for_it(struct kunit *test)
{
	insert(test, &fake_bus_gtx1080);
	KUNIT_EXPECT_EQ(test, write_text(gpu, "gpupt_reset", "rescan"), 0);
	gpu = fake_bus_function(slot, 0);
	KUNIT_ASSERT_NOT_NULL(test, gpu);
	expect(test, gpu, "gpupt/last_rung", "rescan");
	expect(test, gpu, "gpupt/state", "ok");
}

struct refused {
	const char *file;
	const char *text;
	size_t len;
	int result;
};

static const struct refused refused[] = {
	{ "gpupt_reset", "0", 1, -EINVAL },
	{ "gpupt_reset", "\n", 1, -EINVAL },
	{ "gpupt_reset", "2", 1, -EINVAL },
	{ "gpupt_reset", "11", 2, -EINVAL },
	{ "gpupt_reset", " 1", 2, -EINVAL },
	{ "gpupt_reset", "1 ", 2, -EINVAL },
	{ "gpupt_reset", "1\n\n", 3, -EINVAL },
	{ "gpupt_reset", "1\0", 2, -EINVAL },
	{ "gpupt_reset", "bus\0flr", 7, -EINVAL },
	{ "gpupt_reset", "none", 4, -EINVAL },
	{ "gpupt_reset", "FLR", 3, -EINVAL },
	{ "gpupt_reset", "bus flr", 7, -EINVAL },
	{ "gpupt_reset", "bus-", 4, -EINVAL },
	{ "gpupt_reset", "flr", 3, -EOPNOTSUPP },
	{ "gpupt_reset", "slot-power\n", 11, -EOPNOTSUPP },
	{ "gpupt_claim", "2", 1, -EINVAL },
	{ "gpupt_claim", "\n", 1, -EINVAL },
	{ "gpupt_claim", "forced", 6, -EINVAL },
	{ "gpupt_claim", "1\0", 2, -EINVAL },
	{ "gpupt_claim", "0\0001", 3, -EINVAL },
	{ "gpupt_claim", "-1", 2, -EINVAL },
	{ "gpupt_claim", "FORCE", 5, -EINVAL },
};

static void refused_desc(const struct refused *r, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s %*pE", r->file, (int)r->len, r->text);
}

KUNIT_ARRAY_PARAM(refused, refused, refused_desc);

static void store_refuses(struct kunit *test)
{
	const struct refused *r = test->param_value;

	insert(test, &fake_bus_gtx1080);
	fake_bus_arm(slot);
	KUNIT_EXPECT_EQ(test, parts_write(gpu, r->file, r->text, r->len), r->result);
	fake_bus_disarm(slot);
	KUNIT_EXPECT_EQ(test, slot->sbr + slot->flr, 0U);
	expect(test, gpu, "gpupt_claim", "0");
	expect(test, gpu, "gpupt/resets", "0");
}

static void report_takes_one_word(struct kunit *test)
{
	insert(test, &fake_bus_gtx1080);
	KUNIT_EXPECT_EQ(test, write_text(NULL, "report", "1\n"), 0);
	KUNIT_EXPECT_EQ(test, write_text(NULL, "report", "0"), -EINVAL);
	KUNIT_EXPECT_EQ(test, write_text(NULL, "report", "yes"), -EINVAL);
	KUNIT_EXPECT_EQ(test, parts_write(NULL, "report", "1\0", 2), -EINVAL);
}

static void store_claims(struct kunit *test)
{
	insert(test, &fake_bus_gtx1080);
	fake_driver_start(test, &fake_vfio);
	/* the only display */
	KUNIT_EXPECT_EQ(test, write_text(gpu, "gpupt_claim", "1\n"), -EBUSY);
	expect(test, gpu, "gpupt_claim", "0");
	KUNIT_EXPECT_EQ(test, write_text(gpu, "gpupt_claim", "force\n"), 0);
	expect(test, gpu, "gpupt_claim", "1");
	KUNIT_EXPECT_STREQ(test, fake_driver_of(audio), "vfio-pci");
	KUNIT_EXPECT_EQ(test, write_text(gpu, "gpupt_claim", "0"), 0);
	expect(test, gpu, "gpupt_claim", "0");
	KUNIT_EXPECT_STREQ(test, fake_driver_of(audio), "");
}

static void store_says_busy(struct kunit *test)
{
	insert(test, &fake_bus_gtx1080);
	fake_driver_start(test, &fake_host);
	KUNIT_EXPECT_EQ(test, write_text(gpu, "gpupt_reset", "1"), -EBUSY);
	KUNIT_EXPECT_EQ(test, write_text(gpu, "gpupt_reset", "rescan"), -EBUSY);
	KUNIT_EXPECT_EQ(test, slot->sbr, 0U);
}

static void needs_the_capability(struct kunit *test)
{
	const struct cred *old;
	struct cred *new;

	if (!IS_ENABLED(CONFIG_MULTIUSER))
		kunit_skip(test, "needs CONFIG_MULTIUSER");
	insert(test, &fake_bus_gtx1080);
	fake_driver_start(test, &fake_vfio);
	new = prepare_creds();
	KUNIT_ASSERT_NOT_NULL(test, new);
	cap_lower(new->cap_effective, CAP_SYS_ADMIN);
	old = override_creds(new);
	KUNIT_EXPECT_EQ(test, write_text(gpu, "gpupt_reset", "1"), -EPERM);
	KUNIT_EXPECT_EQ(test, write_text(gpu, "gpupt_reset", "nonsense"), -EPERM);
	KUNIT_EXPECT_EQ(test, write_text(gpu, "gpupt_claim", "force"), -EPERM);
	KUNIT_EXPECT_EQ(test, write_text(gpu, "gpupt_claim", "0"), -EPERM);
	KUNIT_EXPECT_EQ(test, write_text(NULL, "report", "1"), -EPERM);
	/* anybody may read what is not root's alone */
	expect(test, gpu, "gpupt/state", "unknown");
	revert_creds(old);
	put_cred(new);
	KUNIT_EXPECT_EQ(test, slot->sbr, 0U);
	expect(test, gpu, "gpupt_claim", "0");
}

static void modes_are_those_of_the_document(struct kunit *test)
{
	static const char * const files[] = {
		"family", "state", "last_rung", "last_result", "last_ms", "resets", "failures",
		"iommu_group", "isolated_msi", "viable", "acs", "framebuffer",
	};
	unsigned int i;
	char path[32];

	insert(test, &fake_bus_p40);
	KUNIT_EXPECT_EQ(test, parts_mode(gpu, "gpupt_reset"), 0600);
	KUNIT_EXPECT_EQ(test, parts_mode(gpu, "gpupt_claim"), 0600);
	KUNIT_EXPECT_EQ(test, parts_mode(NULL, "report"), 0200);
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), "gpupt/%s", files[i]);
		KUNIT_EXPECT_EQ_MSG(test, parts_mode(gpu, path), 0444, "%s", path);
	}
}

/* A file that is read without memory says so, or what it says with it. */
static void show_bears_lack_of_memory(struct kunit *test)
{
	static const char * const files[][2] = {
		{ "gpupt/viable", NULL }, { "gpupt/acs", NULL }, { "gpupt/framebuffer", "none" },
		{ "gpupt/isolated_msi", NULL }, { "gpupt/state", "unknown" },
		{ "gpupt_claim", "0" },
	};
	unsigned int i, nth;

	fail_nth_need(test);
	insert(test, &fake_bus_p40);
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		for (nth = 1; ; nth++) {
			bool failed;
			int ret;

			fail_nth_begin(nth);
			ret = parts_read(gpu, files[i][0], words, sizeof(words));
			failed = fail_nth_end();
			if (ret)
				KUNIT_EXPECT_EQ_MSG(test, ret, -ENOMEM, "%s", files[i][0]);
			else if (files[i][1])
				KUNIT_EXPECT_STREQ(test, words, files[i][1]);
			if (!failed)
				break;
		}
		KUNIT_EXPECT_GT(test, nth, 1U);
	}
}

static struct kunit_case sysfs_cases[] = {
	KUNIT_CASE(files_say_what_is_known),
	KUNIT_CASE(a_reset_is_seen_in_the_files),
	KUNIT_CASE(a_rung_may_remove_the_file_that_asked_for_it),
	KUNIT_CASE_PARAM(store_refuses, refused_gen_params),
	KUNIT_CASE(report_takes_one_word),
	KUNIT_CASE(store_claims),
	KUNIT_CASE(store_says_busy),
	KUNIT_CASE(needs_the_capability),
	KUNIT_CASE(modes_are_those_of_the_document),
	KUNIT_CASE(show_bears_lack_of_memory),
	{}
};

static struct kunit_suite sysfs_suite = {
	.name = "gpupt_reset_sysfs",
	.exit = parts_tear_down,
	.test_cases = sysfs_cases,
};

kunit_test_suite(sysfs_suite);
