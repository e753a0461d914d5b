// SPDX-License-Identifier: GPL-2.0
/* Which functions are managed, and what is known of them: device.c and watch.c. */
#include <kunit/test.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/pci.h>
#include <linux/string.h>

#include "fail_nth.h"
#include "fake_bus.h"
#include "fake_driver.h"
#include "gpupt/device.h"
#include "gpupt/watch.h"
#include "parts.h"

static struct fake_bus_slot *slot;
static struct pci_dev *gpu, *port;

static void insert(struct kunit *test, const struct fake_bus_card *first,
		   const struct fake_bus_card *second)
{
	fake_bus_create(test, first, second);
	slot = fake_bus_slot(test, 0);
	gpu = fake_bus_function(slot, 0);
	port = fake_bus_port(slot);
}

static unsigned int count_records(void)
{
	struct gpupt_device *gdev = NULL;
	unsigned int n = 0;

	while ((gdev = gpupt_device_next(gdev)))
		n++;
	return n;
}

static bool has_file(struct pci_dev *pdev, const char *name)
{
	char buf[64];

	return parts_read(pdev, name, buf, sizeof(buf)) != -ENOENT;
}

static unsigned int refs(struct pci_dev *pdev)
{
	return kref_read(&pdev->dev.kobj.kref);
}

static bool is_gpu_as(u16 vendor, u32 class, bool virtfn)
{
	u16 old_vendor = gpu->vendor;
	u32 old_class = gpu->class;
	bool is;

	gpu->vendor = vendor;
	gpu->class = class;
	gpu->is_virtfn = virtfn;
	is = gpupt_device_is_gpu(gpu);
	gpu->vendor = old_vendor;
	gpu->class = old_class;
	gpu->is_virtfn = 0;
	return is;
}

static void a_gpu_is_what_class_and_vendor_say(struct kunit *test)
{
	insert(test, &fake_bus_p40, NULL);
	KUNIT_EXPECT_TRUE(test, is_gpu_as(0x10de, 0x030000, false));
	KUNIT_EXPECT_TRUE(test, is_gpu_as(0x10de, 0x030200, false));
	KUNIT_EXPECT_FALSE(test, is_gpu_as(0x10de, 0x030100, false));
	KUNIT_EXPECT_FALSE(test, is_gpu_as(0x10de, 0x038000, false));
	KUNIT_EXPECT_FALSE(test, is_gpu_as(0x10de, 0x040300, false));
	KUNIT_EXPECT_FALSE(test, is_gpu_as(0x1002, 0x030000, false));
	KUNIT_EXPECT_FALSE(test, is_gpu_as(0x10de, 0x030200, true));
}

static void companions_are_ours_with_their_gpu(struct kunit *test)
{
	unsigned int fn, gpu_refs;
	struct pci_dev *found;

	insert(test, &fake_bus_rtx2080, NULL);
	gpu_refs = refs(gpu);
	for (fn = 0; fn < 4; fn++) {
		struct pci_dev *pdev = fake_bus_function(slot, fn);

		KUNIT_EXPECT_EQ(test, gpupt_device_is_gpu(pdev), !fn);
		KUNIT_EXPECT_TRUE(test, gpupt_device_is_ours(pdev));
		found = gpupt_device_get_gpu(pdev);
		KUNIT_EXPECT_PTR_EQ(test, found, gpu);
		KUNIT_EXPECT_EQ(test, refs(gpu), gpu_refs + 1);
		pci_dev_put(found);
	}
	KUNIT_EXPECT_FALSE(test, gpupt_device_is_ours(port));
	/* a bridge of NVIDIA's */
	port->vendor = PCI_VENDOR_ID_NVIDIA;
	KUNIT_EXPECT_FALSE(test, gpupt_device_is_ours(port));
	port->vendor = PCI_VENDOR_ID_INTEL;
	/* function 0 is no GPU */
	gpu->class = 0x0c0330;
	KUNIT_EXPECT_FALSE(test, gpupt_device_is_ours(fake_bus_function(slot, 1)));
	gpu->class = 0x030000;
	KUNIT_EXPECT_EQ(test, refs(gpu), gpu_refs);
}

static void denied_cards_are_left_alone(struct kunit *test)
{
	char place[16];

	insert(test, &fake_bus_gtx1080, NULL);
	/* by the ID of the GPU, with its audio function */
	KUNIT_ASSERT_EQ(test, parts_param(test, "deny", "10de:1b80"), 0);
	parts_start(test);
	KUNIT_EXPECT_EQ(test, count_records(), 0U);
	KUNIT_EXPECT_FALSE(test, has_file(gpu, "gpupt_reset"));
	KUNIT_EXPECT_FALSE(test, !!gpu->no_d3cold);
	parts_stop();

	/* what is not understood costs no other word */
	KUNIT_EXPECT_EQ(test, parts_param(test, "deny", "bad,10de:1b80,"), 0);
	KUNIT_EXPECT_FALSE(test, gpupt_device_is_gpu(gpu));
	KUNIT_EXPECT_EQ(test, parts_param(test, "deny", "bad"), 0);
	KUNIT_EXPECT_TRUE(test, gpupt_device_is_gpu(gpu));

	snprintf(place, sizeof(place), "%04x:%02x:00", pci_domain_nr(gpu->bus), gpu->bus->number);
	KUNIT_ASSERT_EQ(test, parts_param(test, "deny", place), 0);
	KUNIT_EXPECT_FALSE(test, gpupt_device_is_ours(fake_bus_function(slot, 1)));
	KUNIT_ASSERT_EQ(test, parts_param(test, "deny", "10de:1b81"), 0);
	KUNIT_EXPECT_TRUE(test, gpupt_device_is_ours(gpu));
}

static void start_manages_what_there_is_and_stop_ends_it(struct kunit *test)
{
	unsigned int fn, before[4], port_refs;

	insert(test, &fake_bus_rtx2080, &fake_bus_t4);
	for (fn = 0; fn < 4; fn++)
		before[fn] = refs(fake_bus_function(slot, fn));
	port_refs = refs(port);
	parts_start(test);
	KUNIT_EXPECT_EQ(test, count_records(), 4U);
	for (fn = 0; fn < 4; fn++) {
		struct pci_dev *pdev = fake_bus_function(slot, fn);
		struct gpupt_device *gdev = parts_record(pdev);

		KUNIT_ASSERT_NOT_NULL(test, gdev);
		KUNIT_EXPECT_PTR_EQ(test, gdev->pdev, pdev);
		KUNIT_EXPECT_EQ(test, !!gdev->model, !fn);
		KUNIT_EXPECT_TRUE(test, gdev->snapshot.image);
		KUNIT_EXPECT_EQ(test, has_file(pdev, "gpupt_reset"), !fn);
		KUNIT_EXPECT_EQ(test, has_file(pdev, "gpupt/state"), !fn);
		KUNIT_EXPECT_TRUE(test, !!pdev->no_d3cold);
	}
	KUNIT_EXPECT_PTR_EQ(test, parts_record(gpu)->model, gpupt_model_find(0x1e87));
	KUNIT_EXPECT_FALSE(test, parts_record(fake_bus_function(fake_bus_slot(test, 1), 0)));
	KUNIT_EXPECT_TRUE(test, gpupt_device_is_our_port(port));
	KUNIT_EXPECT_FALSE(test, gpupt_device_is_our_port(fake_bus_port(fake_bus_slot(test, 1))));
	parts_stop();
	KUNIT_EXPECT_EQ(test, count_records(), 0U);
	KUNIT_EXPECT_FALSE(test, gpupt_device_is_our_port(port));
	KUNIT_EXPECT_FALSE(test, has_file(gpu, "gpupt_reset"));
	for (fn = 0; fn < 4; fn++) {
		struct pci_dev *pdev = fake_bus_function(slot, fn);

		KUNIT_EXPECT_EQ(test, refs(pdev), before[fn]);
		KUNIT_EXPECT_FALSE(test, !!pdev->no_d3cold);
	}
	KUNIT_EXPECT_EQ(test, refs(port), port_refs);
	KUNIT_EXPECT_FALSE(test, !!port->no_d3cold);
}

/* As many as there are: 64 cards in one host were seen. */
static void every_port_is_ours(struct kunit *test)
{
	struct gpupt_device *gdev[64];
	unsigned int i;

	insert(test, &fake_bus_p40, &fake_bus_gtx1080);
	for (i = 0; i < ARRAY_SIZE(gdev); i++) {
		gdev[i] = gpupt_device_add(i < ARRAY_SIZE(gdev) - 1 ? gpu :
					   fake_bus_function(fake_bus_slot(test, 1), 0));
		KUNIT_ASSERT_FALSE(test, IS_ERR(gdev[i]));
	}
	KUNIT_EXPECT_TRUE(test, gpupt_device_is_our_port(port));
	KUNIT_EXPECT_TRUE(test, gpupt_device_is_our_port(fake_bus_port(fake_bus_slot(test, 1))));
	for (i = 0; i < ARRAY_SIZE(gdev); i++) {
		gpupt_device_remove(gdev[i]);
		gpupt_device_put(gdev[i]);
		/* until the last one below it goes */
		KUNIT_EXPECT_EQ(test, gpupt_device_is_our_port(port), i < ARRAY_SIZE(gdev) - 2);
	}
	KUNIT_EXPECT_FALSE(test, gpupt_device_is_our_port(fake_bus_port(fake_bus_slot(test, 1))));
}

/* Seen where the module comes by; the log has it once. */
static void bypass_is_noticed(struct kunit *test)
{
	struct gpupt_device *gdev;
	char text[16];
	u8 first;

	insert(test, &fake_bus_rtx3080, NULL);
	parts_start(test);
	gdev = parts_record(gpu);
	KUNIT_ASSERT_NOT_NULL(test, gdev);
	first = gpu->reset_methods[0];
	gdev->activation.active = true;
	gdev->activation.after[0] = first;
	parts_read(gpu, "gpupt/state", text, sizeof(text));
	KUNIT_EXPECT_FALSE(test, test_bit(GPUPT_DEVICE_BYPASSED, &gdev->flags));
	gpu->reset_methods[0] = first + 1;
	parts_read(gpu, "gpupt/state", text, sizeof(text));
	KUNIT_EXPECT_TRUE(test, test_bit(GPUPT_DEVICE_BYPASSED, &gdev->flags));
	gpu->reset_methods[0] = first;
	gpupt_device_notice_bypass(gdev);
	KUNIT_EXPECT_FALSE(test, test_bit(GPUPT_DEVICE_BYPASSED, &gdev->flags));
	/* as when vfio-pci is bound for a virtual machine */
	gpu->reset_methods[0] = first + 1;
	fake_driver_start(test, &fake_host);
	KUNIT_EXPECT_TRUE(test, test_bit(GPUPT_DEVICE_BYPASSED, &gdev->flags));
	gpu->reset_methods[0] = first;
	gdev->activation.active = false;
}

static void learns_of_a_living_card_only(struct kunit *test)
{
	struct gpupt_status status;

	insert(test, &fake_bus_gtx1080, NULL);
	slot->dead = FAKE_BUS_SBR;
	parts_start(test);
	status = gpupt_device_status(parts_record(gpu));
	KUNIT_EXPECT_FALSE(test, parts_record(gpu)->snapshot.image);
	KUNIT_EXPECT_EQ(test, status.link, 0);
	KUNIT_EXPECT_FALSE(test, status.hda);
	parts_stop();
	slot->dead = FAKE_BUS_NONE;

	/* nor of one whose driver hangs, which holds nobody up */
	device_lock(&gpu->dev);
	parts_start(test);
	device_unlock(&gpu->dev);
	KUNIT_EXPECT_EQ(test, count_records(), 2U);
	KUNIT_EXPECT_FALSE(test, parts_record(gpu)->snapshot.image);
	parts_stop();

	parts_start(test);
	status = gpupt_device_status(parts_record(gpu));
	KUNIT_EXPECT_TRUE(test, parts_record(gpu)->snapshot.image);
	KUNIT_EXPECT_EQ(test, status.link, 0x0103 | PCI_EXP_LNKSTA_DLLLA);
	KUNIT_EXPECT_TRUE(test, status.hda);
	KUNIT_EXPECT_EQ(test, status.last.rung, (unsigned int)GPUPT_RUNG_NONE);
}

/* What that is for, and that it holds, is snapshot_kunit.c's. It stays when the record goes. */
static void adding_widens_what_the_kernel_saves_into(struct kunit *test)
{
	unsigned int round;

	insert(test, &fake_bus_gtx1080, NULL);
	for (round = 0; round < 2; round++) {
		parts_start(test);
		KUNIT_EXPECT_EQ(test, !!parts_record(gpu)->outgrown.cap[0], !round);
		parts_stop();
	}
}

static void rescan(void)
{
	pci_lock_rescan_remove();
	pci_rescan_bus(port->subordinate);
	pci_unlock_rescan_remove();
}

static void functions_come_and_go(struct kunit *test)
{
	insert(test, &fake_bus_gtx1080, NULL);
	parts_start(test);
	pci_stop_and_remove_bus_device_locked(fake_bus_function(slot, 1));
	KUNIT_EXPECT_EQ(test, count_records(), 1U);
	KUNIT_EXPECT_TRUE(test, gpupt_device_is_our_port(port));
	pci_stop_and_remove_bus_device_locked(gpu);
	KUNIT_EXPECT_EQ(test, count_records(), 0U);
	KUNIT_EXPECT_FALSE(test, gpupt_device_is_our_port(port));
	KUNIT_EXPECT_FALSE(test, !!port->no_d3cold);

	/* found by a driver that binds: learnt of before it has the function */
	fake_driver_start(test, &fake_host);
	rescan();
	gpu = fake_bus_function(slot, 0);
	KUNIT_ASSERT_NOT_NULL(test, gpu);
	KUNIT_EXPECT_EQ(test, count_records(), 2U);
	KUNIT_EXPECT_TRUE(test, gpupt_device_is_our_port(port));
	KUNIT_EXPECT_TRUE(test, has_file(gpu, "gpupt_claim"));
	KUNIT_EXPECT_STREQ(test, fake_driver_of(gpu), "gpupt_fake_host");
	KUNIT_EXPECT_TRUE(test, parts_record(gpu)->snapshot.image);
}

static void walk_finds_each_once(struct kunit *test)
{
	struct gpupt_device *gdev;

	insert(test, &fake_bus_gtx1080, &fake_bus_p40);
	parts_start(test);
	KUNIT_EXPECT_EQ(test, count_records(), 3U);
	/* one that goes meanwhile: the walk begins anew, and ends */
	gdev = gpupt_device_next(NULL);
	KUNIT_ASSERT_PTR_EQ(test, gdev->pdev, gpu);
	pci_stop_and_remove_bus_device_locked(gpu);
	gdev = gpupt_device_next(gdev);
	KUNIT_ASSERT_NOT_NULL(test, gdev);
	KUNIT_EXPECT_EQ(test, gdev->pdev->device, 0x10f0);
	gdev = gpupt_device_next(gdev);
	KUNIT_ASSERT_NOT_NULL(test, gdev);
	KUNIT_EXPECT_EQ(test, gdev->pdev->device, 0x1b38);
	KUNIT_EXPECT_FALSE(test, gpupt_device_next(gdev));
}

static void state_is_what_is_known(struct kunit *test)
{
	struct gpupt_device *gdev;

	insert(test, &fake_bus_p40, NULL);
	parts_start(test);
	gdev = parts_record(gpu);
	KUNIT_EXPECT_EQ(test, gpupt_device_state(gdev), GPUPT_STATE_UNKNOWN);
	set_bit(GPUPT_DEVICE_BUSY, &gdev->flags);
	KUNIT_EXPECT_EQ(test, gpupt_device_state(gdev), GPUPT_STATE_RESETTING);
	clear_bit(GPUPT_DEVICE_BUSY, &gdev->flags);

	gdev->status.boot0 = 0x132000a1;
	KUNIT_EXPECT_EQ(test, gpupt_device_state(gdev), GPUPT_STATE_OK);
	/* asleep: a healthy one would not answer either */
	slot->dead = FAKE_BUS_SBR;
	gpu->current_state = PCI_D3cold;
	KUNIT_EXPECT_EQ(test, gpupt_device_state(gdev), GPUPT_STATE_UNKNOWN);
	gpu->current_state = PCI_D0;
	KUNIT_EXPECT_EQ(test, gpupt_device_state(gdev), GPUPT_STATE_HUNG);
	/* something answers, and it is not the card */
	slot->dead = FAKE_BUS_NONE;
	fake_bus_put(&slot->fn[0], PCI_DEVICE_ID, 2, 0x1b81);
	KUNIT_EXPECT_EQ(test, gpupt_device_state(gdev), GPUPT_STATE_HUNG);
	fake_bus_put(&slot->fn[0], PCI_DEVICE_ID, 2, gpu->device);
	fake_bus_put(&slot->fn[0], PCI_HEADER_TYPE, 1, PCI_HEADER_TYPE_BRIDGE);
	KUNIT_EXPECT_EQ(test, gpupt_device_state(gdev), GPUPT_STATE_HUNG);
	fake_bus_put(&slot->fn[0], PCI_HEADER_TYPE, 1, PCI_HEADER_TYPE_NORMAL);
	KUNIT_EXPECT_EQ(test, gpupt_device_state(gdev), GPUPT_STATE_OK);
	slot->dead = FAKE_BUS_SBR;
	gdev->status.exhausted = true;
	KUNIT_EXPECT_EQ(test, gpupt_device_state(gdev), GPUPT_STATE_DEAD);
	/* its latest reset failed */
	gdev->status.last.result = -EIO;
	gpu->current_state = PCI_D3cold;
	KUNIT_EXPECT_EQ(test, gpupt_device_state(gdev), GPUPT_STATE_DEAD);
	gpu->current_state = PCI_D0;
	slot->dead = FAKE_BUS_NONE;
	KUNIT_EXPECT_EQ(test, gpupt_device_state(gdev), GPUPT_STATE_HUNG);
	gdev->status.last.sec_fault = true;
	KUNIT_EXPECT_EQ(test, gpupt_device_state(gdev), GPUPT_STATE_DEAD);
}

static void fence_is_undone_only_by_who_made_it(struct kunit *test)
{
	struct gpupt_device *gdev;

	insert(test, &fake_bus_p40, NULL);
	parts_start(test);
	gdev = parts_record(gpu);
	gpupt_device_unfence(gdev);
	KUNIT_EXPECT_FALSE(test, gpu->dev_flags & PCI_DEV_FLAGS_NO_BUS_RESET);
	gpupt_device_fence(gdev);
	gpupt_device_fence(gdev);
	KUNIT_EXPECT_TRUE(test, gpu->dev_flags & PCI_DEV_FLAGS_NO_BUS_RESET);
	gpupt_device_unfence(gdev);
	KUNIT_EXPECT_FALSE(test, gpu->dev_flags & PCI_DEV_FLAGS_NO_BUS_RESET);
	/* a quirk of the kernel's */
	gpu->dev_flags |= PCI_DEV_FLAGS_NO_BUS_RESET;
	gpupt_device_fence(gdev);
	gpupt_device_unfence(gdev);
	KUNIT_EXPECT_TRUE(test, gpu->dev_flags & PCI_DEV_FLAGS_NO_BUS_RESET);
	gpu->dev_flags &= ~PCI_DEV_FLAGS_NO_BUS_RESET;
	/* and unloading takes it away */
	gpupt_device_fence(gdev);
	parts_stop();
	KUNIT_EXPECT_FALSE(test, gpu->dev_flags & PCI_DEV_FLAGS_NO_BUS_RESET);
}

/* Also of a function that came when the hook was about to go. */
static void stop_gives_reset_methods_back(struct kunit *test)
{
	u8 before[sizeof(gpu->reset_methods)];
	struct gpupt_activation *record;

	insert(test, &fake_bus_p40, NULL);
	parts_start(test);
	record = &parts_record(gpu)->activation;
	KUNIT_ASSERT_GT(test, gpu->reset_methods[0], 1);
	memcpy(before, gpu->reset_methods, sizeof(before));
	memcpy(record->before, before, sizeof(record->before));
	record->after[0] = 1;
	memcpy(record->after + 1, record->before, sizeof(record->after) - 1);
	record->files = true;
	record->active = true;
	memcpy(gpu->reset_methods, record->after, sizeof(record->after));
	parts_stop();
	KUNIT_EXPECT_EQ(test, memcmp(gpu->reset_methods, before, sizeof(before)), 0);
}

static void start_bears_lack_of_memory(struct kunit *test)
{
	unsigned int i, errors = 0, gpu_refs;
	struct pci_dev *audio;
	int ret;

	fail_nth_need(test);
	insert(test, &fake_bus_gtx1080, NULL);
	audio = fake_bus_function(slot, 1);
	gpu_refs = refs(gpu);
	for (i = 0; ; i++) {
		bool failed;

		fail_nth_begin(i / FAIL_NTH_TRIES + 1);
		ret = gpupt_watch_start();
		failed = fail_nth_end();
		if (ret) {
			errors++;
			KUNIT_EXPECT_EQ(test, ret, -ENOMEM);
			KUNIT_EXPECT_EQ(test, count_records(), 0U);
		} else {
			KUNIT_EXPECT_EQ(test, count_records(), 2U);
			KUNIT_EXPECT_TRUE(test, has_file(gpu, "gpupt/failures"));
			gpupt_watch_stop();
		}
		KUNIT_EXPECT_FALSE(test, has_file(gpu, "gpupt_reset"));
		KUNIT_EXPECT_FALSE(test, has_file(gpu, "gpupt/state"));
		KUNIT_EXPECT_EQ(test, refs(gpu), gpu_refs);
		KUNIT_EXPECT_FALSE(test, gpu->no_d3cold || audio->no_d3cold || port->no_d3cold);
		KUNIT_EXPECT_FALSE(test, gpupt_device_is_our_port(port));
		if (!failed)
			break;
	}
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_GT(test, errors, 10U);
}

static struct kunit_case device_cases[] = {
	KUNIT_CASE(a_gpu_is_what_class_and_vendor_say),
	KUNIT_CASE(companions_are_ours_with_their_gpu),
	KUNIT_CASE(denied_cards_are_left_alone),
	KUNIT_CASE(start_manages_what_there_is_and_stop_ends_it),
	KUNIT_CASE(every_port_is_ours),
	KUNIT_CASE(bypass_is_noticed),
	KUNIT_CASE(learns_of_a_living_card_only),
	KUNIT_CASE(adding_widens_what_the_kernel_saves_into),
	KUNIT_CASE(functions_come_and_go),
	KUNIT_CASE(walk_finds_each_once),
	KUNIT_CASE(state_is_what_is_known),
	KUNIT_CASE(fence_is_undone_only_by_who_made_it),
	KUNIT_CASE(stop_gives_reset_methods_back),
	KUNIT_CASE(start_bears_lack_of_memory),
	{}
};

static struct kunit_suite device_suite = {
	.name = "gpupt_reset_device",
	.exit = parts_tear_down,
	.test_cases = device_cases,
};

kunit_test_suite(device_suite);
