// SPDX-License-Identifier: GPL-2.0
/*
 * device_specific is put first among a function's reset methods, and taken away again.
 * The kernel has a reset of its own for the Chelsio adapter, so no hook is needed.
 */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/pci.h>
#include <linux/string.h>

#include "fail_nth.h"
#include "fake_bus.h"
#include "gpupt/activate.h"
#include "parts.h"

static struct pci_dev *nic, *gpu;
static char words[64];

static int set_up(struct kunit *test)
{
	fake_bus_create(test, &fake_bus_t4, &fake_bus_rtx3080);
	nic = fake_bus_function(fake_bus_slot(test, 0), 0);
	gpu = fake_bus_function(fake_bus_slot(test, 1), 0);
	return 0;
}

static void tear_down(struct kunit *test)
{
	fake_bus_destroy(test);
}

static const char *methods(struct pci_dev *pdev)
{
	int ret = parts_read(pdev, "reset_method", words, sizeof(words));

	return ret == -ENOENT ? "no file" : ret ? "error" : words;
}

static bool has_reset(struct pci_dev *pdev)
{
	return parts_write(pdev, "reset", "0", 1) == -EINVAL;
}

static void need_reset_method(struct kunit *test)
{
	if (strcmp(methods(nic), "device_specific flr bus"))
		kunit_skip(test, "this kernel says '%s'", words);
}

static int set_methods(struct pci_dev *pdev, const char *text)
{
	return parts_write(pdev, "reset_method", text, strlen(text));
}

/* One that was enumerated before there was a hook. */
static void puts_it_first_and_takes_it_away(struct kunit *test)
{
	struct gpupt_activation record = {};

	need_reset_method(test);
	KUNIT_ASSERT_EQ(test, set_methods(nic, "bus flr"), 0);
	KUNIT_EXPECT_EQ(test, gpupt_activate(nic, &record), 0);
	KUNIT_EXPECT_TRUE(test, record.active);
	/* the others as they were, in the user's order */
	KUNIT_EXPECT_STREQ(test, methods(nic), "device_specific bus flr");
	/* again: nothing */
	KUNIT_EXPECT_EQ(test, gpupt_activate(nic, &record), 0);
	KUNIT_EXPECT_STREQ(test, methods(nic), "device_specific bus flr");
	gpupt_deactivate(nic, &record);
	KUNIT_EXPECT_STREQ(test, methods(nic), "bus flr");
	KUNIT_EXPECT_FALSE(test, record.active);
	/* and no more than that */
	KUNIT_ASSERT_EQ(test, set_methods(nic, "flr"), 0);
	gpupt_deactivate(nic, &record);
	KUNIT_EXPECT_STREQ(test, methods(nic), "flr");
}

/* One that was enumerated with the hook. */
static void takes_away_what_was_there_already(struct kunit *test)
{
	struct gpupt_activation record = {};

	need_reset_method(test);
	KUNIT_EXPECT_EQ(test, gpupt_activate(nic, &record), 0);
	KUNIT_EXPECT_STREQ(test, methods(nic), "device_specific flr bus");
	gpupt_deactivate(nic, &record);
	KUNIT_EXPECT_STREQ(test, methods(nic), "flr bus");
}

static void keeps_what_the_user_chose_meanwhile(struct kunit *test)
{
	struct gpupt_activation record = {};

	need_reset_method(test);
	KUNIT_ASSERT_EQ(test, set_methods(nic, "flr bus"), 0);
	KUNIT_ASSERT_EQ(test, gpupt_activate(nic, &record), 0);
	KUNIT_ASSERT_EQ(test, set_methods(nic, "bus device_specific"), 0);
	gpupt_deactivate(nic, &record);
	KUNIT_EXPECT_STREQ(test, methods(nic), "bus");
}

/* The audio function of a GTX 1080 has none without us, and so no files; played by the adapter. */
static void files_come_and_go_with_the_first_method(struct kunit *test)
{
	struct gpupt_activation record = {};
	struct pci_dev *audio;

	need_reset_method(test);
	audio = fake_bus_function(fake_bus_slot(test, 1), 1);
	KUNIT_ASSERT_STREQ(test, methods(audio), "no file");
	audio->vendor = PCI_VENDOR_ID_CHELSIO;
	audio->device = 0x4001;
	KUNIT_EXPECT_EQ(test, gpupt_activate(audio, &record), 0);
	KUNIT_EXPECT_FALSE(test, record.files);
	KUNIT_EXPECT_STREQ(test, methods(audio), "device_specific");
	KUNIT_EXPECT_TRUE(test, has_reset(audio));
	gpupt_deactivate(audio, &record);
	KUNIT_EXPECT_STREQ(test, methods(audio), "no file");
	KUNIT_EXPECT_FALSE(test, has_reset(audio));
	audio->vendor = PCI_VENDOR_ID_NVIDIA;
	audio->device = 0x1aef;
}

/* The kernel writes nothing for a function without methods, so what was there must not count. */
static void is_not_deceived_by_a_used_page(struct kunit *test)
{
	struct gpupt_activation record = {};
	struct pci_dev *audio;
	unsigned long page;

	need_reset_method(test);
	audio = fake_bus_function(fake_bus_slot(test, 1), 1);
	audio->vendor = PCI_VENDOR_ID_CHELSIO;
	audio->device = 0x4001;
	page = __get_free_page(GFP_KERNEL);
	KUNIT_ASSERT_NE(test, page, 0);
	strscpy((char *)page, "device_specific bus\n", PAGE_SIZE);
	free_page(page);
	KUNIT_EXPECT_EQ(test, gpupt_activate(audio, &record), 0);
	KUNIT_EXPECT_STREQ(test, methods(audio), "device_specific");
	gpupt_deactivate(audio, &record);
	audio->vendor = PCI_VENDOR_ID_NVIDIA;
	audio->device = 0x1aef;
}

/* The user wants no reset of it. */
static void a_list_that_the_user_emptied_stays_empty(struct kunit *test)
{
	struct gpupt_activation record = {};

	need_reset_method(test);
	memset(nic->reset_methods, 0, sizeof(nic->reset_methods));
	KUNIT_EXPECT_EQ(test, gpupt_activate(nic, &record), 0);
	KUNIT_EXPECT_FALSE(test, record.active);
	KUNIT_EXPECT_EQ(test, nic->reset_methods[0], 0);
	gpupt_deactivate(nic, &record);
	KUNIT_EXPECT_EQ(test, nic->reset_methods[0], 0);
	KUNIT_EXPECT_STRNEQ(test, methods(nic), "no file");
}

static void says_that_the_kernel_did_not_reach_the_hook(struct kunit *test)
{
	struct gpupt_activation record = {};

	need_reset_method(test);
	/* the bus is there for the GPU alone when the kernel asks, and not once it has audio */
	KUNIT_ASSERT_STREQ(test, methods(gpu), "flr bus");
	KUNIT_EXPECT_EQ(test, gpupt_activate(gpu, &record), -ENXIO);
	KUNIT_EXPECT_FALSE(test, record.active);
	/* asked in vain, so it is as before */
	KUNIT_EXPECT_STREQ(test, methods(gpu), "flr bus");
	gpupt_deactivate(gpu, &record);
	KUNIT_EXPECT_STREQ(test, methods(gpu), "flr bus");
}

static void is_bypassed_by_what_is_first(struct kunit *test)
{
	static const char * const others[] = { "flr bus", "bus device_specific", "flr", "\n" };
	struct gpupt_activation record = {};
	unsigned int i;

	need_reset_method(test);
	KUNIT_EXPECT_FALSE(test, gpupt_is_bypassed(nic, &record));
	KUNIT_ASSERT_EQ(test, gpupt_activate(nic, &record), 0);
	KUNIT_EXPECT_FALSE(test, gpupt_is_bypassed(nic, &record));
	for (i = 0; i < ARRAY_SIZE(others); i++) {
		KUNIT_ASSERT_EQ(test, set_methods(nic, others[i]), 0);
		KUNIT_EXPECT_TRUE_MSG(test, gpupt_is_bypassed(nic, &record), "%s", others[i]);
	}
	KUNIT_ASSERT_EQ(test, set_methods(nic, "device_specific flr"), 0);
	KUNIT_EXPECT_FALSE(test, gpupt_is_bypassed(nic, &record));
	KUNIT_ASSERT_EQ(test, set_methods(nic, "default"), 0);
	KUNIT_EXPECT_FALSE(test, gpupt_is_bypassed(nic, &record));
	/* without us there is nothing to bypass */
	gpupt_deactivate(nic, &record);
	KUNIT_EXPECT_FALSE(test, gpupt_is_bypassed(nic, &record));
}

static void bears_lack_of_memory(struct kunit *test)
{
	struct gpupt_activation record = {};
	unsigned int nth;
	int ret;

	fail_nth_need(test);
	need_reset_method(test);
	KUNIT_ASSERT_EQ(test, set_methods(nic, "bus flr"), 0);
	for (nth = 1; ; nth++) {
		fail_nth_begin(nth);
		ret = gpupt_activate(nic, &record);
		if (!fail_nth_end())
			break;
		if (!ret)
			gpupt_deactivate(nic, &record);
		else
			KUNIT_EXPECT_EQ(test, ret, -ENOMEM);
		KUNIT_EXPECT_FALSE(test, record.active);
		KUNIT_EXPECT_STREQ(test, methods(nic), "bus flr");
	}
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_STREQ(test, methods(nic), "device_specific bus flr");
	gpupt_deactivate(nic, &record);
}

static struct kunit_case activate_cases[] = {
	KUNIT_CASE(puts_it_first_and_takes_it_away),
	KUNIT_CASE(takes_away_what_was_there_already),
	KUNIT_CASE(keeps_what_the_user_chose_meanwhile),
	KUNIT_CASE(files_come_and_go_with_the_first_method),
	KUNIT_CASE(is_not_deceived_by_a_used_page),
	KUNIT_CASE(a_list_that_the_user_emptied_stays_empty),
	KUNIT_CASE(says_that_the_kernel_did_not_reach_the_hook),
	KUNIT_CASE(is_bypassed_by_what_is_first),
	KUNIT_CASE(bears_lack_of_memory),
	{}
};

static struct kunit_suite activate_suite = {
	.name = "gpupt_reset_activate",
	.init = set_up,
	.exit = tear_down,
	.test_cases = activate_cases,
};

kunit_test_suite(activate_suite);
