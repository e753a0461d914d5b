// SPDX-License-Identifier: GPL-2.0
/*
 * Cards change hands between drivers of the kernel's driver core, all functions or none;
 * claim.c and handover.c. The steps in between are rebind_kunit.c's.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/pci.h>
#include <linux/string.h>
#include <linux/vgaarb.h>

#include "fail_nth.h"
#include "fake_bus.h"
#include "fake_driver.h"
#include "gpupt/claim.h"
#include "gpupt/compat.h"
#include "gpupt/device.h"
#include "gpupt/rebind.h"
#include "parts.h"

#define HOST	"gpupt_fake_host"
#define VFIO	"vfio-pci"

static struct kunit *the_test;

static int set_up(struct kunit *test)
{
	the_test = test;
	return 0;
}

static void tear_down(struct kunit *test)
{
	parts_stop();
	fake_driver_stop(&fake_vfio);
	fake_driver_stop(&fake_host);
	fake_driver_stop(&fake_nvidia);
	fake_bus_destroy(test);
}

static struct pci_dev *function(unsigned int slot, unsigned int fn)
{
	return fake_bus_function(fake_bus_slot(the_test, slot), fn);
}

static struct gpupt_device *record(unsigned int slot)
{
	return parts_record(function(slot, 0));
}

/* Whose every function of a card is. */
static void expect(unsigned int slot, const char *driver, const char *override, const char *what)
{
	char name[GPUPT_DRIVER_LEN];
	unsigned int fn;

	for (fn = 0; fn < FAKE_BUS_FUNCTIONS; fn++) {
		struct pci_dev *pdev = function(slot, fn);

		if (!pdev)
			continue;
		KUNIT_EXPECT_STREQ_MSG(the_test, fake_driver_of(pdev), driver, "%s: %s", what,
				       pci_name(pdev));
		gpupt_get_driver_override(pdev, name, sizeof(name));
		KUNIT_EXPECT_STREQ_MSG(the_test, name, override, "%s: %s", what, pci_name(pdev));
	}
}

/* Two cards of one kind, which the host has. */
static void insert_two(struct kunit *test)
{
	fake_bus_create(test, &fake_bus_gtx1080, &fake_bus_gtx1080);
	fake_driver_start(test, &fake_vfio);
	fake_driver_start(test, &fake_host);
	parts_start(test);
	expect(0, HOST, "", "at the start");
	expect(1, HOST, "", "at the start");
}

static bool holds(unsigned int slot)
{
	return gpupt_claim_holds(record(slot));
}

static bool is_vfios(unsigned int slot)
{
	unsigned int fn;

	for (fn = 0; fn < FAKE_BUS_FUNCTIONS; fn++) {
		struct pci_dev *pdev = function(slot, fn);

		if (pdev && strcmp(fake_driver_of(pdev), VFIO))
			return false;
	}
	return true;
}

/* What is done from a work item. */
static bool comes_to_hold(unsigned int slot)
{
	unsigned int i;

	for (i = 0; i < 300; i++) {
		if (record(slot) && holds(slot) && is_vfios(slot))
			return true;
		msleep(20);
	}
	return false;
}

/* The work item may have the card for a while longer, and whoever asks then is to try again. */
static int give_back_from_work(unsigned int slot)
{
	unsigned int i;
	int ret;

	for (i = 0; i < 300; i++) {
		ret = gpupt_claim_give_back(record(slot));
		if (ret != -EBUSY)
			break;
		msleep(20);
	}
	return ret;
}

static void take_and_give_back(struct kunit *test)
{
	insert_two(test);
	KUNIT_EXPECT_FALSE(test, holds(0));
	KUNIT_EXPECT_EQ(test, gpupt_claim_take(record(0), false), 0);
	expect(0, VFIO, VFIO, "claimed");
	expect(1, HOST, "", "the other card");
	KUNIT_EXPECT_TRUE(test, holds(0));
	KUNIT_EXPECT_FALSE(test, holds(1));
	/* the GPU was the last to be released, and the first to be bound */
	KUNIT_EXPECT_STREQ(test, fake_host.removed, "10");
	KUNIT_EXPECT_STREQ(test, fake_vfio.probed, "01");
	/* again: made sure of */
	KUNIT_EXPECT_EQ(test, gpupt_claim_take(record(0), false), 0);
	KUNIT_EXPECT_STREQ(test, fake_vfio.removed, "");

	KUNIT_EXPECT_EQ(test, gpupt_claim_give_back(record(0)), 0);
	expect(0, HOST, "", "given back");
	KUNIT_EXPECT_FALSE(test, holds(0));
	KUNIT_EXPECT_STREQ(test, fake_vfio.removed, "10");
	/* one that is not claimed is left alone */
	KUNIT_EXPECT_EQ(test, gpupt_claim_give_back(record(0)), 0);
	KUNIT_EXPECT_EQ(test, gpupt_claim_give_back(record(1)), 0);
	expect(0, HOST, "", "not claimed");
	expect(1, HOST, "", "not claimed");
}

static void give_back_what_was_set_before(struct kunit *test)
{
	char name[GPUPT_DRIVER_LEN];

	insert_two(test);
	KUNIT_ASSERT_EQ(test, gpupt_set_driver_override(function(0, 1), HOST), 0);
	device_release_driver(&function(0, 0)->dev);
	KUNIT_EXPECT_EQ(test, gpupt_claim_take(record(0), false), 0);
	expect(0, VFIO, VFIO, "claimed");
	KUNIT_EXPECT_EQ(test, gpupt_claim_give_back(record(0)), 0);
	/* none, though one would take it */
	KUNIT_EXPECT_STREQ(test, fake_driver_of(function(0, 0)), "");
	KUNIT_EXPECT_STREQ(test, fake_driver_of(function(0, 1)), HOST);
	gpupt_get_driver_override(function(0, 1), name, sizeof(name));
	KUNIT_EXPECT_STREQ(test, name, HOST);
}

static void give_back_to_whoever_is_there(struct kunit *test)
{
	insert_two(test);
	KUNIT_EXPECT_EQ(test, gpupt_claim_take(record(0), false), 0);
	/* the driver that had it is not loaded any more, another is */
	fake_driver_stop(&fake_host);
	fake_driver_start(test, &fake_nvidia);
	KUNIT_EXPECT_EQ(test, gpupt_claim_give_back(record(0)), 0);
	expect(0, "nvidia", "", "given back");
}

static void take_is_undone_when_vfio_refuses(struct kunit *test)
{
	unsigned int fn;

	insert_two(test);
	for (fn = 0; fn < 2; fn++) {
		fake_vfio.refuse = BIT(fn);
		KUNIT_EXPECT_EQ(test, gpupt_claim_take(record(0), false), -EIO);
		expect(0, HOST, "", "refused");
		KUNIT_EXPECT_FALSE(test, holds(0));
	}
	fake_vfio.refuse = 0;
	KUNIT_EXPECT_EQ(test, gpupt_claim_take(record(0), false), 0);
	fake_host.refuse = BIT(1);
	KUNIT_EXPECT_EQ(test, gpupt_claim_give_back(record(0)), -EIO);
	expect(0, VFIO, VFIO, "still claimed");
	KUNIT_EXPECT_TRUE(test, holds(0));
	fake_host.refuse = 0;
	KUNIT_EXPECT_EQ(test, gpupt_claim_give_back(record(0)), 0);
}

static void nvidia_is_not_released(struct kunit *test)
{
	fake_bus_create(test, &fake_bus_gtx1080, &fake_bus_gtx1080);
	fake_driver_start(test, &fake_vfio);
	fake_driver_start(test, &fake_nvidia);
	parts_start(test);
	KUNIT_EXPECT_EQ(test, gpupt_claim_take(record(0), true), -EBUSY);
	expect(0, "nvidia", "", "not released");
	KUNIT_EXPECT_STREQ(test, fake_nvidia.removed, "");
}

static void an_open_card_is_not_given_back(struct kunit *test)
{
	insert_two(test);
	KUNIT_EXPECT_EQ(test, gpupt_claim_take(record(0), false), 0);
	KUNIT_ASSERT_EQ(test, pci_enable_device(function(0, 1)), 0);
	KUNIT_EXPECT_EQ(test, gpupt_claim_give_back(record(0)), -EBUSY);
	expect(0, VFIO, VFIO, "open");
	KUNIT_EXPECT_STREQ(test, fake_vfio.removed, "");
	pci_disable_device(function(0, 1));
	KUNIT_EXPECT_EQ(test, gpupt_claim_give_back(record(0)), 0);
}

static void one_at_a_time(struct kunit *test)
{
	insert_two(test);
	set_bit(GPUPT_DEVICE_ASKED, &record(0)->flags);
	KUNIT_EXPECT_EQ(test, gpupt_claim_take(record(0), true), -EBUSY);
	KUNIT_EXPECT_EQ(test, gpupt_claim_give_back(record(0)), -EBUSY);
	KUNIT_EXPECT_TRUE(test, test_bit(GPUPT_DEVICE_ASKED, &record(0)->flags));
	clear_bit(GPUPT_DEVICE_ASKED, &record(0)->flags);
	expect(0, HOST, "", "busy");
	KUNIT_EXPECT_EQ(test, gpupt_claim_take(record(0), true), 0);
	KUNIT_EXPECT_FALSE(test, test_bit(GPUPT_DEVICE_ASKED, &record(0)->flags));
}

static void the_only_display_stays(struct kunit *test)
{
	insert_two(test);
	/* one of two may go */
	KUNIT_EXPECT_EQ(test, gpupt_claim_take(record(0), false), 0);
	KUNIT_EXPECT_EQ(test, gpupt_claim_take(record(1), false), -EBUSY);
	expect(1, HOST, "", "only display");
	KUNIT_EXPECT_EQ(test, gpupt_claim_take(record(1), true), 0);
	expect(1, VFIO, VFIO, "by force");
	/* granted once: made sure of without */
	KUNIT_EXPECT_EQ(test, gpupt_claim_take(record(1), false), 0);
	KUNIT_EXPECT_EQ(test, gpupt_claim_give_back(record(0)), 0);
	KUNIT_EXPECT_EQ(test, gpupt_claim_give_back(record(1)), 0);
	KUNIT_EXPECT_EQ(test, gpupt_claim_take(record(1), false), 0);
}

static void a_card_without_outputs_is_no_display(struct kunit *test)
{
	fake_bus_create(test, &fake_bus_p40, &fake_bus_gtx1080);
	fake_driver_start(test, &fake_vfio);
	parts_start(test);
	KUNIT_EXPECT_EQ(test, gpupt_claim_take(record(0), false), 0);
	KUNIT_EXPECT_EQ(test, gpupt_claim_take(record(1), false), -EBUSY);
}

static void without_vfio_nothing_changes(struct kunit *test)
{
	fake_bus_create(test, &fake_bus_p40, NULL);
	if (driver_find(VFIO, &pci_bus_type))
		kunit_skip(test, "this kernel has vfio-pci");
	fake_driver_start(test, &fake_host);
	parts_start(test);
	KUNIT_EXPECT_EQ(test, gpupt_claim_take(record(0), false), -ENODEV);
	expect(0, HOST, "", "no vfio-pci");
}

/* --- at the start, and later --- */

static void claim_parameter(struct kunit *test, const char *format, unsigned int slot)
{
	char text[64];

	snprintf(text, sizeof(text), format, pci_domain_nr(function(slot, 0)->bus),
		 function(slot, 0)->bus->number);
	KUNIT_ASSERT_EQ(test, parts_param(test, "claim", text), 0);
}

static void claimed_at_the_start_by_slot(struct kunit *test)
{
	fake_bus_create(test, &fake_bus_gtx1080, &fake_bus_gtx1080);
	fake_driver_start(test, &fake_vfio);
	fake_driver_start(test, &fake_host);
	claim_parameter(test, "%04x:%02x:00", 1);
	parts_start(test);
	KUNIT_EXPECT_TRUE(test, comes_to_hold(1));
	expect(1, VFIO, VFIO, "named");
	expect(0, HOST, "", "not named");
	KUNIT_EXPECT_FALSE(test, holds(0));
	/* whose they were was written down */
	KUNIT_EXPECT_EQ(test, give_back_from_work(1), 0);
	expect(1, HOST, "", "given back");
}

static void another_card_in_the_slot_is_not_claimed(struct kunit *test)
{
	fake_bus_create(test, &fake_bus_gtx1080, &fake_bus_gtx1080);
	fake_driver_start(test, &fake_vfio);
	fake_driver_start(test, &fake_host);
	claim_parameter(test, "%04x:%02x:00=10de:1b81", 0);
	parts_start(test);
	msleep(50);
	KUNIT_EXPECT_FALSE(test, holds(0));
	expect(0, HOST, "", "another card");
}

static void all_spares_the_boot_display(struct kunit *test)
{
	fake_bus_create(test, &fake_bus_gtx1080, &fake_bus_gtx1080);
	if (vga_default_device() != function(0, 0))
		kunit_skip(test, "this machine has a display");
	fake_driver_start(test, &fake_vfio);
	fake_driver_start(test, &fake_host);
	KUNIT_ASSERT_EQ(test, parts_param(test, "claim", "all,force"), 0);
	parts_start(test);
	KUNIT_EXPECT_TRUE(test, comes_to_hold(1));
	expect(0, HOST, "", "boot display");
}

static void a_claim_that_cannot_be_is_given_up(struct kunit *test)
{
	unsigned int i;

	fake_bus_create(test, &fake_bus_gtx1080, NULL);
	fake_driver_start(test, &fake_vfio);
	fake_driver_start(test, &fake_host);
	KUNIT_ASSERT_EQ(test, parts_param(test, "claim", "10de:1b80"), 0);
	parts_start(test);
	/* the only display, without force */
	for (i = 0; i < 200 && strcmp(fake_driver_of(function(0, 0)), HOST); i++)
		msleep(20);
	msleep(50);
	expect(0, HOST, "", "given up");
	KUNIT_EXPECT_FALSE(test, holds(0));
	parts_stop();
	KUNIT_ASSERT_EQ(test, parts_param(test, "claim", "10de:1b80,force"), 0);
	parts_start(test);
	KUNIT_EXPECT_TRUE(test, comes_to_hold(0));
	expect(0, VFIO, VFIO, "by force");
}

/* Others are kept off until vfio-pci is there, and then it has the card. */
static void a_claim_waits_for_vfio(struct kunit *test)
{
	fake_bus_create(test, &fake_bus_p40, NULL);
	if (driver_find(VFIO, &pci_bus_type))
		kunit_skip(test, "this kernel has vfio-pci");
	KUNIT_ASSERT_EQ(test, parts_param(test, "claim", "10de:1b38"), 0);
	parts_start(test);
	msleep(200);
	fake_driver_start(test, &fake_host);
	expect(0, "", VFIO, "held back");
	fake_driver_start(test, &fake_vfio);
	KUNIT_EXPECT_TRUE(test, comes_to_hold(0));
	KUNIT_EXPECT_EQ(test, give_back_from_work(0), 0);
	/* whichever the kernel finds: none ever had it */
	expect(0, HOST, "", "given back");
}

static void a_claim_waits_for_a_reset(struct kunit *test)
{
	insert_two(test);
	KUNIT_ASSERT_EQ(test, gpupt_claim_take(record(0), false), 0);
	device_release_driver(&function(0, 0)->dev);
	set_bit(GPUPT_DEVICE_ASKED, &record(0)->flags);
	/* as when the function is found anew */
	gpupt_claim_adopt(function(0, 0));
	msleep(200);
	KUNIT_EXPECT_STREQ(test, fake_driver_of(function(0, 0)), "");
	clear_bit(GPUPT_DEVICE_ASKED, &record(0)->flags);
	KUNIT_EXPECT_TRUE(test, comes_to_hold(0));
}

/* Neither the new driver nor the old one takes it: at least anybody may. */
static void what_is_lost_may_be_bound(struct kunit *test)
{
	char name[GPUPT_DRIVER_LEN];

	insert_two(test);
	fake_vfio.refuse = BIT(0);
	fake_host.refuse = BIT(1);
	KUNIT_EXPECT_EQ(test, gpupt_claim_take(record(0), false), -EIO);
	KUNIT_EXPECT_STREQ(test, fake_driver_of(function(0, 0)), HOST);
	KUNIT_EXPECT_STREQ(test, fake_driver_of(function(0, 1)), "");
	gpupt_get_driver_override(function(0, 1), name, sizeof(name));
	KUNIT_EXPECT_STREQ(test, name, "");
	KUNIT_EXPECT_FALSE(test, holds(0));
}

/* Its driver is just being bound or released, and is not done with that. */
static void a_driver_that_hangs_keeps_its_card_alone(struct kunit *test)
{
	unsigned long began = jiffies;

	insert_two(test);
	device_lock(&function(0, 1)->dev);
	KUNIT_EXPECT_EQ(test, gpupt_claim_take(record(0), true), -EBUSY);
	KUNIT_EXPECT_FALSE(test, holds(0));
	KUNIT_EXPECT_LT(test, jiffies_to_msecs(jiffies - began), 8000U);
	KUNIT_EXPECT_EQ(test, gpupt_claim_take(record(1), true), 0);
	KUNIT_EXPECT_TRUE(test, holds(1));
	device_unlock(&function(0, 1)->dev);
	expect(0, HOST, "", "as it was");
	expect(1, VFIO, VFIO, "the other card");
	KUNIT_EXPECT_EQ(test, gpupt_claim_take(record(0), true), 0);
	expect(0, VFIO, VFIO, "claimed then");
	/* and back */
	device_lock(&function(0, 0)->dev);
	KUNIT_EXPECT_EQ(test, gpupt_claim_give_back(record(0)), -EBUSY);
	KUNIT_EXPECT_TRUE(test, holds(0));
	device_unlock(&function(0, 0)->dev);
	expect(0, VFIO, VFIO, "still claimed");
}

static void claimed_at_the_start_when_its_driver_is_done(struct kunit *test)
{
	unsigned long began;

	fake_bus_create(test, &fake_bus_gtx1080, &fake_bus_gtx1080);
	fake_driver_start(test, &fake_vfio);
	fake_driver_start(test, &fake_host);
	KUNIT_ASSERT_EQ(test, parts_param(test, "claim", "10de:1b80,force"), 0);
	device_lock(&function(0, 0)->dev);
	began = jiffies;
	parts_start(test);
	KUNIT_EXPECT_LT(test, jiffies_to_msecs(jiffies - began), 2000U);
	KUNIT_EXPECT_TRUE(test, comes_to_hold(1));
	KUNIT_EXPECT_FALSE(test, holds(0));
	device_unlock(&function(0, 0)->dev);
	KUNIT_EXPECT_TRUE(test, comes_to_hold(0));
	KUNIT_EXPECT_EQ(test, give_back_from_work(0), 0);
	expect(0, HOST, "", "whose it was");
}

/* One that is mistyped costs neither the others nor the module. */
static void claimed_for_all_its_mistyped_neighbours(struct kunit *test)
{
	static const char * const of_no_card[] = {
		"", "\n", ",", "none", "0000:82.0.0,10de", "force",
	};
	unsigned int i;

	fake_bus_create(test, &fake_bus_gtx1080, &fake_bus_gtx1080);
	fake_driver_start(test, &fake_vfio);
	fake_driver_start(test, &fake_host);
	claim_parameter(test, "0000:82.0.0, %04x:%02x:00.0,10de:1b8, force,", 1);
	parts_start(test);
	KUNIT_EXPECT_TRUE(test, comes_to_hold(1));
	expect(1, VFIO, VFIO, "named");
	expect(0, HOST, "", "not named");
	parts_stop();
	for (i = 0; i < ARRAY_SIZE(of_no_card); i++) {
		KUNIT_EXPECT_EQ(test, parts_param(test, "claim", of_no_card[i]), 0);
		parts_start(test);
		msleep(50);
		KUNIT_EXPECT_FALSE(test, holds(0) || holds(1));
		parts_stop();
	}
}

static void rescan(struct fake_bus_slot *slot)
{
	pci_lock_rescan_remove();
	pci_rescan_bus(fake_bus_port(slot)->subordinate);
	pci_unlock_rescan_remove();
}

static void remove_card(unsigned int slot)
{
	int fn;

	for (fn = FAKE_BUS_FUNCTIONS; fn--;)
		if (function(slot, fn))
			pci_stop_and_remove_bus_device_locked(function(slot, fn));
}

static void a_claim_survives_that_the_card_is_found_anew(struct kunit *test)
{
	insert_two(test);
	KUNIT_ASSERT_EQ(test, gpupt_claim_take(record(0), false), 0);
	remove_card(0);
	memset(fake_host.probed, 0, sizeof(fake_host.probed));
	rescan(fake_bus_slot(test, 0));
	/* no driver of the host had it in between */
	KUNIT_EXPECT_STREQ(test, fake_host.probed, "");
	KUNIT_EXPECT_TRUE(test, comes_to_hold(0));
	expect(0, VFIO, VFIO, "found anew");
	KUNIT_EXPECT_EQ(test, give_back_from_work(0), 0);
	expect(0, HOST, "", "given back");
}

static void a_claim_ends_with_another_card(struct kunit *test)
{
	struct fake_bus_slot *slot;

	insert_two(test);
	slot = fake_bus_slot(test, 0);
	KUNIT_ASSERT_EQ(test, gpupt_claim_take(record(0), false), 0);
	remove_card(0);
	fake_bus_put(&slot->fn[0], PCI_DEVICE_ID, 2, 0x1b81);
	rescan(slot);
	expect(0, HOST, "", "another card");
	KUNIT_EXPECT_FALSE(test, holds(0));
}

static void unloading_gives_overrides_back(struct kunit *test)
{
	char name[GPUPT_DRIVER_LEN];

	insert_two(test);
	KUNIT_ASSERT_EQ(test, gpupt_claim_take(record(0), false), 0);
	/* the user changed one since */
	KUNIT_ASSERT_EQ(test, gpupt_set_driver_override(function(0, 1), "mine"), 0);
	parts_stop();
	gpupt_get_driver_override(function(0, 1), name, sizeof(name));
	KUNIT_EXPECT_STREQ(test, name, "mine");
	/* drivers stay */
	KUNIT_EXPECT_STREQ(test, fake_driver_of(function(0, 0)), VFIO);
	KUNIT_EXPECT_STREQ(test, fake_driver_of(function(0, 1)), VFIO);
	KUNIT_ASSERT_EQ(test, gpupt_set_driver_override(function(0, 1), ""), 0);
	expect(0, VFIO, "", "unloaded");
}

static void does_not_hold_what_another_driver_has(struct kunit *test)
{
	insert_two(test);
	KUNIT_ASSERT_EQ(test, gpupt_claim_take(record(0), false), 0);
	device_release_driver(&function(0, 1)->dev);
	KUNIT_EXPECT_TRUE(test, holds(0));
	KUNIT_ASSERT_EQ(test, gpupt_set_driver_override(function(0, 1), HOST), 0);
	KUNIT_ASSERT_EQ(test, device_attach(&function(0, 1)->dev), 1);
	KUNIT_EXPECT_FALSE(test, holds(0));
	/* and is taken once more */
	KUNIT_EXPECT_EQ(test, gpupt_claim_take(record(0), false), 0);
	expect(0, VFIO, VFIO, "made sure of");
}

/* All functions or none, whichever allocation of ours or of the driver core fails. */
static void take_and_give_back_bear_lack_of_memory(struct kunit *test)
{
	unsigned int i, errors[2] = {};
	bool claimed = false, failed;
	int ret;

	fail_nth_need(test);
	insert_two(test);
	for (i = 0; ; i++) {
		if (claimed)
			KUNIT_ASSERT_EQ(test, gpupt_claim_give_back(record(0)), 0);
		fail_nth_begin(i / FAIL_NTH_TRIES + 1);
		ret = gpupt_claim_take(record(0), false);
		failed = fail_nth_end();
		claimed = !ret;
		errors[0] += !!ret;
		KUNIT_EXPECT_TRUE(test, !ret || ret == -ENOMEM || ret == -EIO);
		expect(0, ret ? HOST : VFIO, ret ? "" : VFIO, "taken without memory");
		KUNIT_EXPECT_EQ(test, holds(0), claimed);
		if (!failed)
			break;
	}
	KUNIT_EXPECT_EQ(test, ret, 0);
	for (i = 0; ; i++) {
		if (!claimed)
			KUNIT_ASSERT_EQ(test, gpupt_claim_take(record(0), false), 0);
		fail_nth_begin(i / FAIL_NTH_TRIES + 1);
		ret = gpupt_claim_give_back(record(0));
		failed = fail_nth_end();
		claimed = !!ret;
		errors[1] += !!ret;
		KUNIT_EXPECT_TRUE(test, !ret || ret == -ENOMEM || ret == -EIO);
		expect(0, ret ? VFIO : HOST, ret ? VFIO : "", "given back without memory");
		KUNIT_EXPECT_EQ(test, holds(0), claimed);
		if (!failed)
			break;
	}
	KUNIT_EXPECT_EQ(test, ret, 0);
	expect(1, HOST, "", "the other card");
	KUNIT_EXPECT_GT(test, errors[0], 5U);
	KUNIT_EXPECT_GT(test, errors[1], 5U);
}

static struct kunit_case claim_cases[] = {
	KUNIT_CASE(take_and_give_back),
	KUNIT_CASE(give_back_what_was_set_before),
	KUNIT_CASE(give_back_to_whoever_is_there),
	KUNIT_CASE(take_is_undone_when_vfio_refuses),
	KUNIT_CASE(nvidia_is_not_released),
	KUNIT_CASE(an_open_card_is_not_given_back),
	KUNIT_CASE(one_at_a_time),
	KUNIT_CASE(the_only_display_stays),
	KUNIT_CASE(a_card_without_outputs_is_no_display),
	KUNIT_CASE(without_vfio_nothing_changes),
	KUNIT_CASE(claimed_at_the_start_by_slot),
	KUNIT_CASE(another_card_in_the_slot_is_not_claimed),
	KUNIT_CASE(all_spares_the_boot_display),
	KUNIT_CASE(a_claim_that_cannot_be_is_given_up),
	KUNIT_CASE(a_claim_waits_for_vfio),
	KUNIT_CASE(a_claim_waits_for_a_reset),
	KUNIT_CASE(what_is_lost_may_be_bound),
	KUNIT_CASE(a_driver_that_hangs_keeps_its_card_alone),
	KUNIT_CASE(claimed_at_the_start_when_its_driver_is_done),
	KUNIT_CASE(claimed_for_all_its_mistyped_neighbours),
	KUNIT_CASE(a_claim_survives_that_the_card_is_found_anew),
	KUNIT_CASE(a_claim_ends_with_another_card),
	KUNIT_CASE(unloading_gives_overrides_back),
	KUNIT_CASE(does_not_hold_what_another_driver_has),
	KUNIT_CASE(take_and_give_back_bear_lack_of_memory),
	{}
};

static struct kunit_suite claim_suite = {
	.name = "gpupt_reset_claim",
	.init = set_up,
	.exit = tear_down,
	.test_cases = claim_cases,
};

kunit_test_suite(claim_suite);
