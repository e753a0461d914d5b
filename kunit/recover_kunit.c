// SPDX-License-Identifier: GPL-2.0
/* A card that is brought back for the user, also by the rungs that take it off the bus. */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/errno.h>
#include <linux/pci.h>
#include <linux/pci_hotplug.h>
#include <linux/string.h>

#include "fail_nth.h"
#include "fake_bus.h"
#include "fake_driver.h"
#include "gpupt/answer.h"
#include "gpupt/compat.h"
#include "gpupt/device.h"
#include "gpupt/recover.h"
#include "gpupt/replace.h"
#include "parts.h"

#define COMMAND		(PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_SERR)

/* Later than what the table knows of; the second one without FLR. */
static const struct fake_bus_card rubin = {
	.fn = { { 0x10de, 0x3002, 0x030200, true } }, .boot0 = 0x000001a1,
};

static const struct fake_bus_card future = {
	.fn = { { 0x10de, 0x3fff, 0x030000 }, { 0x10de, 0x22e8, 0x040300 } }, .boot0 = 0x000001a1,
};

static struct fake_bus_slot *slot;
static struct pci_dev *gpu, *audio, *port;
static struct gpupt_device *gdev;

static void look_up(void)
{
	gpu = fake_bus_function(slot, 0);
	audio = fake_bus_function(slot, 1);
	gdev = gpu ? parts_record(gpu) : NULL;
}

static void insert(struct kunit *test, const struct fake_bus_card *kind)
{
	fake_bus_create(test, kind, NULL);
	slot = fake_bus_slot(test, 0);
	port = fake_bus_port(slot);
	parts_start(test);
	look_up();
	KUNIT_ASSERT_NOT_NULL(test, gdev);
	pci_write_config_word(gpu, PCI_COMMAND, COMMAND);
	if (audio)
		pci_write_config_word(audio, PCI_COMMAND, COMMAND);
}

/* Nothing is held or kept afterwards. */
static void expect_free(struct kunit *test)
{
	look_up();
	if (gdev)
		KUNIT_EXPECT_FALSE(test, gdev->flags &
				   (BIT(GPUPT_DEVICE_BUSY) | BIT(GPUPT_DEVICE_ASKED)));
	if (gpu)
		KUNIT_EXPECT_FALSE(test, mutex_is_locked(&gpu->dev.mutex));
	if (audio)
		KUNIT_EXPECT_FALSE(test, mutex_is_locked(&audio->dev.mutex));
	KUNIT_EXPECT_FALSE(test, mutex_is_locked(&port->dev.mutex));
	KUNIT_EXPECT_FALSE(test, !!port->ignore_hotplug);
	KUNIT_EXPECT_EQ(test, slot->mapped, 0);
	if (gpu)
		KUNIT_EXPECT_FALSE(test, gpupt_replace_under_way(gpu));
}

/* With the rules: the functions stay. */
static int recover(struct kunit *test, enum gpupt_rung rung)
{
	int ret;

	fake_bus_arm(slot);
	ret = gpupt_recover(gdev, rung);
	fake_bus_disarm(slot);
	expect_free(test);
	return ret;
}

/* Without: the kernel finds the functions anew. */
static int replace(struct kunit *test, enum gpupt_rung rung)
{
	struct gpupt_device *held = gpupt_device_find(gpu);
	int ret;

	slot->sbr = 0;
	slot->flr = 0;
	ret = gpupt_recover(held, rung);
	gpupt_device_put(held);
	expect_free(test);
	return ret;
}

static void recover_climbs_what_the_card_may_use(struct kunit *test)
{
	insert(test, &fake_bus_rtx3080);
	KUNIT_EXPECT_EQ(test, recover(test, GPUPT_RUNG_NONE), 0);
	KUNIT_EXPECT_EQ(test, slot->flr, 1U);
	KUNIT_EXPECT_EQ(test, slot->sbr, 0U);
	slot->dead = FAKE_BUS_SBR;
	KUNIT_EXPECT_EQ(test, recover(test, GPUPT_RUNG_NONE), 0);
	KUNIT_EXPECT_EQ(test, slot->sbr, 1U);
	KUNIT_EXPECT_TRUE(test, fake_bus_is_alive(slot));
	KUNIT_EXPECT_EQ(test, gpupt_device_status(gdev).resets, 2ULL);
}

static void recover_uses_one_rung_if_asked_to(struct kunit *test)
{
	insert(test, &fake_bus_rtx3080);
	KUNIT_EXPECT_EQ(test, recover(test, GPUPT_RUNG_BUS), 0);
	KUNIT_EXPECT_EQ(test, slot->sbr, 1U);
	KUNIT_EXPECT_EQ(test, slot->flr, 0U);
	KUNIT_EXPECT_EQ(test, recover(test, GPUPT_RUNG_BUS_LONG), 0);
	KUNIT_EXPECT_EQ(test, gpupt_device_status(gdev).last.rung,
			(unsigned int)GPUPT_RUNG_BUS_LONG);
	/* its slot has no power control that the kernel runs */
	KUNIT_EXPECT_EQ(test, recover(test, GPUPT_RUNG_SLOT_POWER), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, slot->sbr + slot->flr, 0U);
	/* one that does not help, and others might: not given up */
	slot->dead = FAKE_BUS_SBR;
	KUNIT_EXPECT_EQ(test, recover(test, GPUPT_RUNG_FLR), -EIO);
	KUNIT_EXPECT_EQ(test, gpupt_device_state(gdev), GPUPT_STATE_HUNG);
	KUNIT_EXPECT_FALSE(test, gpu->dev_flags & PCI_DEV_FLAGS_NO_BUS_RESET);
}

static void recover_refuses_a_card_in_use(struct kunit *test)
{
	insert(test, &fake_bus_gtx1080);
	KUNIT_ASSERT_EQ(test, gpupt_set_driver_override(audio, "vfio-pci"), 0);
	fake_driver_start(test, &fake_vfio);
	KUNIT_ASSERT_EQ(test, pci_enable_device(audio), 0);
	fake_bus_put(&slot->fn[1], PCI_COMMAND, 2, COMMAND & ~PCI_COMMAND_MASTER);
	KUNIT_EXPECT_EQ(test, recover(test, GPUPT_RUNG_NONE), -EBUSY);
	KUNIT_EXPECT_EQ(test, slot->sbr, 0U);
	KUNIT_EXPECT_EQ(test, gpupt_device_status(gdev).resets, 0ULL);
	pci_disable_device(audio);
	KUNIT_EXPECT_EQ(test, recover(test, GPUPT_RUNG_NONE), 0);

	/* another is at it */
	set_bit(GPUPT_DEVICE_ASKED, &gdev->flags);
	KUNIT_EXPECT_EQ(test, gpupt_recover(gdev, GPUPT_RUNG_NONE), -EBUSY);
	KUNIT_EXPECT_TRUE(test, test_bit(GPUPT_DEVICE_ASKED, &gdev->flags));
	clear_bit(GPUPT_DEVICE_ASKED, &gdev->flags);
	set_bit(GPUPT_DEVICE_BUSY, &gdev->flags);
	KUNIT_EXPECT_EQ(test, gpupt_recover(gdev, GPUPT_RUNG_NONE), -EBUSY);
	KUNIT_EXPECT_TRUE(test, test_bit(GPUPT_DEVICE_BUSY, &gdev->flags));
	clear_bit(GPUPT_DEVICE_BUSY, &gdev->flags);
	KUNIT_EXPECT_EQ(test, recover(test, GPUPT_RUNG_NONE), 0);
}

static void recover_says_that_a_card_is_dead(struct kunit *test)
{
	insert(test, &fake_bus_gtx1080);
	slot->dead = FAKE_BUS_POWER;
	KUNIT_EXPECT_EQ(test, replace(test, GPUPT_RUNG_NONE), -EIO);
	/* it was left on the bus: nothing would be found */
	KUNIT_ASSERT_NOT_NULL(test, gpu);
	KUNIT_EXPECT_EQ(test, gpupt_device_state(gdev), GPUPT_STATE_DEAD);
	KUNIT_EXPECT_EQ(test, gpupt_device_status(gdev).last.rung,
			(unsigned int)GPUPT_RUNG_RESCAN);
	KUNIT_EXPECT_EQ(test, gpupt_device_status(gdev).last.result, -ENODEV);
	KUNIT_EXPECT_EQ(test, gpupt_device_status(gdev).failures, 1ULL);
	/* vfio-pci would try, and wait for a minute, when it is closed */
	KUNIT_EXPECT_TRUE(test, gpu->dev_flags & PCI_DEV_FLAGS_NO_BUS_RESET);
}

/* As the kernel asks for a reset of the GPU. */
static int ask_kernel(struct kunit *test)
{
	int ret;

	device_lock(&gpu->dev);
	fake_bus_arm(slot);
	ret = gpupt_answer_reset(gpu);
	fake_bus_disarm(slot);
	device_unlock(&gpu->dev);
	expect_free(test);
	return ret;
}

/* As the hook asks before the kernel resets the bus. */
static bool ask_kernel_bus(void)
{
	bool done;

	if (!gpupt_device_is_our_port(port))
		return false;
	device_lock(&port->dev);
	device_lock(&gpu->dev);
	if (audio)
		device_lock(&audio->dev);
	done = gpupt_answer_bus_reset(port);
	if (audio)
		device_unlock(&audio->dev);
	device_unlock(&gpu->dev);
	device_unlock(&port->dev);
	return done;
}

static void only_the_user_has_the_bus_of_an_unknown_card_reset(struct kunit *test)
{
	insert(test, &rubin);
	KUNIT_EXPECT_EQ(test, ask_kernel(test), 0);
	KUNIT_EXPECT_EQ(test, slot->flr, 1U);
	KUNIT_EXPECT_EQ(test, slot->sbr, 0U);

	slot->dead = FAKE_BUS_SBR;
	KUNIT_EXPECT_EQ(test, ask_kernel(test), -EAGAIN);
	KUNIT_EXPECT_EQ(test, slot->sbr, 0U);
	/* not given up, nor is the kernel kept from what it does of its own */
	KUNIT_EXPECT_EQ(test, gpupt_device_state(gdev), GPUPT_STATE_HUNG);
	KUNIT_EXPECT_FALSE(test, gpu->dev_flags & PCI_DEV_FLAGS_NO_BUS_RESET);
	KUNIT_EXPECT_FALSE(test, ask_kernel_bus());
	KUNIT_EXPECT_EQ(test, slot->sbr, 0U);

	KUNIT_EXPECT_EQ(test, recover(test, GPUPT_RUNG_NONE), 0);
	KUNIT_EXPECT_EQ(test, slot->sbr, 1U);
	KUNIT_EXPECT_TRUE(test, fake_bus_is_alive(slot));
	KUNIT_EXPECT_EQ(test, gpupt_device_state(gdev), GPUPT_STATE_OK);
	KUNIT_EXPECT_EQ(test, recover(test, GPUPT_RUNG_BUS), 0);
	KUNIT_EXPECT_EQ(test, slot->sbr, 1U);

	/* its registers do not answer: FLR was tried, and is all that was */
	slot->bar0_dead = FAKE_BUS_SBR;
	KUNIT_EXPECT_EQ(test, ask_kernel(test), -EAGAIN);
	KUNIT_EXPECT_EQ(test, slot->flr, 1U);
	KUNIT_EXPECT_EQ(test, slot->sbr, 0U);
	KUNIT_EXPECT_EQ(test, gpupt_device_state(gdev), GPUPT_STATE_HUNG);
	KUNIT_EXPECT_FALSE(test, gpu->dev_flags & PCI_DEV_FLAGS_NO_BUS_RESET);
}

/* The kernel's next method is what it would be without the module, alive or not. */
static void an_unknown_card_without_flr_is_left_to_the_kernel(struct kunit *test)
{
	insert(test, &future);
	KUNIT_EXPECT_EQ(test, ask_kernel(test), -ENOTTY);
	slot->dead = FAKE_BUS_SBR;
	KUNIT_EXPECT_EQ(test, ask_kernel(test), -ENOTTY);
	KUNIT_EXPECT_FALSE(test, ask_kernel_bus());
	KUNIT_EXPECT_EQ(test, slot->sbr + slot->flr, 0U);
	KUNIT_EXPECT_EQ(test, gpupt_device_status(gdev).resets, 0ULL);

	KUNIT_EXPECT_EQ(test, recover(test, GPUPT_RUNG_NONE), 0);
	KUNIT_EXPECT_EQ(test, slot->sbr, 1U);
	KUNIT_EXPECT_TRUE(test, fake_bus_is_alive(slot));
}

static void recover_bears_lack_of_memory(struct kunit *test)
{
	static const struct fake_bus_card * const kinds[] = {
		&fake_bus_p40, &fake_bus_gtx1080, &fake_bus_rtx3080,
	};
	static const enum gpupt_rung rungs[] = {
		GPUPT_RUNG_NONE, GPUPT_RUNG_BUS, GPUPT_RUNG_BUS_LONG,
	};
	unsigned int i, j, nth;

	fail_nth_need(test);
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		insert(test, kinds[i]);
		for (j = 0; j < ARRAY_SIZE(rungs); j++) {
			for (nth = 1; ; nth++) {
				bool failed;
				int ret;

				fail_nth_begin(nth);
				ret = recover(test, rungs[j]);
				failed = fail_nth_end();
				if (ret) {
					KUNIT_EXPECT_EQ(test, ret, -ENOMEM);
					KUNIT_EXPECT_EQ(test, slot->flr + slot->sbr, 0U);
				} else {
					KUNIT_EXPECT_TRUE(test, fake_bus_is_alive(slot));
					KUNIT_EXPECT_GT(test, slot->flr + slot->sbr, 0U);
				}
				if (!failed)
					break;
			}
			KUNIT_EXPECT_GT(test, nth, 3U);
		}
		parts_tear_down(test);
	}
}

/* --- off the bus and back --- */

static void rescan_finds_the_card_anew(struct kunit *test)
{
	struct pci_dev *old;

	insert(test, &fake_bus_gtx1080);
	KUNIT_ASSERT_EQ(test, recover(test, GPUPT_RUNG_BUS), 0);
	KUNIT_ASSERT_EQ(test, gpupt_set_driver_override(audio, "vfio-pci"), 0);
	fake_driver_start(test, &fake_vfio);
	/* would take what has no driver */
	fake_driver_start(test, &fake_host);
	device_release_driver(&gpu->dev);
	KUNIT_ASSERT_STREQ(test, fake_driver_of(audio), "vfio-pci");
	memset(fake_host.probed, 0, sizeof(fake_host.probed));
	memset(fake_vfio.removed, 0, sizeof(fake_vfio.removed));
	old = pci_dev_get(gpu);
	KUNIT_EXPECT_EQ(test, replace(test, GPUPT_RUNG_RESCAN), 0);
	KUNIT_EXPECT_FALSE(test, device_is_registered(&old->dev));
	KUNIT_EXPECT_PTR_NE(test, gpu, old);
	pci_dev_put(old);
	KUNIT_ASSERT_NOT_NULL(test, gdev);
	KUNIT_EXPECT_EQ(test, slot->sbr, 1U);
	KUNIT_EXPECT_TRUE(test, fake_bus_is_alive(slot));
	/* drivers and override are what they were */
	KUNIT_EXPECT_STREQ(test, fake_driver_of(gpu), "");
	KUNIT_EXPECT_STREQ(test, fake_driver_of(audio), "vfio-pci");
	KUNIT_EXPECT_STREQ(test, fake_host.probed, "");
	KUNIT_EXPECT_STREQ(test, fake_vfio.removed, "1");
	/* and the status goes on */
	KUNIT_EXPECT_EQ(test, gpupt_device_status(gdev).resets, 2ULL);
	KUNIT_EXPECT_EQ(test, gpupt_device_status(gdev).failures, 0ULL);
	KUNIT_EXPECT_EQ(test, gpupt_device_status(gdev).last.rung,
			(unsigned int)GPUPT_RUNG_RESCAN);
	KUNIT_EXPECT_EQ(test, gpupt_device_status(gdev).boot0, 0x134000a1U);
	KUNIT_EXPECT_EQ(test, gpupt_device_state(gdev), GPUPT_STATE_OK);
}

static void rescan_gives_overrides_back(struct kunit *test)
{
	char name[32];

	insert(test, &fake_bus_gtx1080);
	KUNIT_ASSERT_EQ(test, gpupt_set_driver_override(audio, "somebody"), 0);
	KUNIT_EXPECT_EQ(test, replace(test, GPUPT_RUNG_RESCAN), 0);
	gpupt_get_driver_override(gpu, name, sizeof(name));
	KUNIT_EXPECT_STREQ(test, name, "");
	gpupt_get_driver_override(audio, name, sizeof(name));
	KUNIT_EXPECT_STREQ(test, name, "somebody");
}

/* A card that answered before shows nothing of a bus reset that had no effect but that. */
static void rescan_is_no_success_without_a_reset(struct kunit *test)
{
	static const struct fake_bus_card * const kinds[] = { &fake_bus_p40, &fake_bus_gtx1080 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		insert(test, kinds[i]);
		slot->sbr_none = true;
		KUNIT_EXPECT_EQ(test, replace(test, GPUPT_RUNG_RESCAN), -EIO);
		KUNIT_ASSERT_NOT_NULL(test, gdev);
		KUNIT_EXPECT_EQ(test, gpupt_device_status(gdev).last.result, -EIO);
		KUNIT_EXPECT_EQ(test, replace(test, GPUPT_RUNG_NONE), -EIO);
		KUNIT_EXPECT_EQ(test, gpupt_device_state(gdev), GPUPT_STATE_HUNG);
		slot->sbr_none = false;
		KUNIT_EXPECT_EQ(test, replace(test, GPUPT_RUNG_RESCAN), 0);
		KUNIT_EXPECT_EQ(test, gpupt_device_state(gdev), GPUPT_STATE_OK);
		parts_tear_down(test);
	}
}

static void rescan_is_no_success_without_every_function(struct kunit *test)
{
	insert(test, &fake_bus_gtx1080);
	/* its audio function does not come back */
	slot->fn[1].present = false;
	KUNIT_EXPECT_EQ(test, replace(test, GPUPT_RUNG_RESCAN), -EIO);
	KUNIT_ASSERT_NOT_NULL(test, gdev);
	KUNIT_EXPECT_EQ(test, gpupt_device_status(gdev).last.result, -ENODEV);
	KUNIT_EXPECT_EQ(test, gpupt_device_status(gdev).failures, 1ULL);
}

/* What was not there before was not part of the card that was to come back. */
static void rescan_is_no_success_with_one_function_more(struct kunit *test)
{
	insert(test, &fake_bus_gtx1080);
	pci_stop_and_remove_bus_device_locked(audio);
	look_up();
	KUNIT_EXPECT_EQ(test, replace(test, GPUPT_RUNG_RESCAN), -EIO);
	KUNIT_ASSERT_NOT_NULL(test, gdev);
	KUNIT_EXPECT_TRUE(test, audio);
	KUNIT_EXPECT_EQ(test, gpupt_device_status(gdev).last.result, -ENODEV);
	/* it is now */
	KUNIT_EXPECT_EQ(test, replace(test, GPUPT_RUNG_RESCAN), 0);
}

struct bar_change {
	const char *name;
	unsigned int fn;
	unsigned int bar;
	/* What is read of it after all-ones were written: type and size. */
	u32 low;
	u32 high;
	int result;
};

static const struct bar_change bar_changes[] = {
	{ "as it was", 0, 1, 0xfc00000c, ~0U, 0 },
	{ "half the size", 0, 1, 0xfe00000c, ~0U, 0 },
	{ "twice the size, more than its bridge has room for", 0, 1, 0xf800000c, ~0U, -EIO },
	{ "gone", 0, 1, 0, 0, -EIO },
	{ "of 32 bits", 0, 1, 0xfc000008, 0, -EIO },
	{ "not prefetchable", 0, 1, 0xfc000004, ~0U, -EIO },
	{ "gone from the audio function", 1, 0, 0, 0, -EIO },
};

static void bar_change_desc(const struct bar_change *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(bar_change, bar_changes, bar_change_desc);

static void set_bar(struct fake_bus_config *config, unsigned int bar, u32 fixed, u32 rw)
{
	unsigned int pos = PCI_BASE_ADDRESS_0 + 4 * bar;
	__le32 bytes = cpu_to_le32(fixed);

	memcpy(config->reset + pos, &bytes, sizeof(bytes));
	bytes = cpu_to_le32(rw);
	memcpy(config->rw + pos, &bytes, sizeof(bytes));
}

/* Registers answer that way as well; a driver needs the BARs that it had. */
static void rescan_is_no_success_without_every_bar(struct kunit *test)
{
	const struct bar_change *c = test->param_value;

	insert(test, &fake_bus_gtx1080);
	set_bar(&slot->fn[c->fn], c->bar, c->low & 0xf, c->low & ~0xfU);
	set_bar(&slot->fn[c->fn], c->bar + 1, 0, c->high);
	KUNIT_EXPECT_EQ(test, replace(test, GPUPT_RUNG_RESCAN), c->result);
	KUNIT_ASSERT_NOT_NULL(test, gdev);
	KUNIT_EXPECT_EQ(test, gpupt_device_status(gdev).last.result, c->result);
	KUNIT_EXPECT_EQ(test, gpupt_device_state(gdev),
			c->result ? GPUPT_STATE_HUNG : GPUPT_STATE_OK);
}

static void rescan_is_no_success_with_dead_registers(struct kunit *test)
{
	insert(test, &fake_bus_gtx1080);
	slot->bar0_dead = FAKE_BUS_POWER;
	KUNIT_EXPECT_EQ(test, replace(test, GPUPT_RUNG_RESCAN), -EIO);
	KUNIT_ASSERT_NOT_NULL(test, gdev);
	KUNIT_EXPECT_EQ(test, gpupt_device_state(gdev), GPUPT_STATE_HUNG);
}

static void rescan_is_no_success_with_another_card(struct kunit *test)
{
	insert(test, &fake_bus_gtx1080);
	slot->swapped = 0x1b81;
	KUNIT_EXPECT_EQ(test, replace(test, GPUPT_RUNG_RESCAN), -EIO);
	KUNIT_ASSERT_NOT_NULL(test, gdev);
	KUNIT_EXPECT_EQ(test, gpupt_device_status(gdev).failures, 1ULL);
}

/* A hot-plug driver as small as can be. */
static unsigned int powered_off, powered_on;
static bool ignored_meanwhile, stays_dead;

static int switch_off(struct hotplug_slot *hotplug)
{
	int fn;

	powered_off++;
	ignored_meanwhile &= port->ignore_hotplug;
	for (fn = FAKE_BUS_FUNCTIONS; fn--;)
		if (fake_bus_function(slot, fn))
			pci_stop_and_remove_bus_device_locked(fake_bus_function(slot, fn));
	return 0;
}

static int switch_on(struct hotplug_slot *hotplug)
{
	unsigned int fn;

	powered_on++;
	ignored_meanwhile &= port->ignore_hotplug;
	if (stays_dead) {
		slot->dead = FAKE_BUS_POWER;
		return -ENODEV;
	}
	slot->dead = FAKE_BUS_NONE;
	for (fn = 0; fn < FAKE_BUS_FUNCTIONS; fn++)
		memcpy(slot->fn[fn].now, slot->fn[fn].reset, FAKE_BUS_CONFIG);
	fake_bus_put(&slot->port, FAKE_BUS_PORT_EXP + PCI_EXP_SLTSTA, 2, PCI_EXP_SLTSTA_DLLSC);
	pci_lock_rescan_remove();
	pci_rescan_bus(port->subordinate);
	pci_unlock_rescan_remove();
	return 0;
}

static const struct hotplug_slot_ops slot_ops = {
	.enable_slot = switch_on,
	.disable_slot = switch_off,
};

static void slot_power_cures_what_only_power_cures(struct kunit *test)
{
	struct hotplug_slot hotplug = { .ops = &slot_ops };
	struct gpupt_device *old;

	if (!IS_ENABLED(CONFIG_HOTPLUG_PCI))
		kunit_skip(test, "needs CONFIG_HOTPLUG_PCI");
	insert(test, &fake_bus_rtx3080);
	powered_off = 0;
	powered_on = 0;
	ignored_meanwhile = true;
	stays_dead = false;
	KUNIT_ASSERT_EQ(test, pci_hp_register(&hotplug, port->subordinate, 0, "gpupt-fake"), 0);
	slot->dead = FAKE_BUS_POWER;
	KUNIT_EXPECT_EQ(test, replace(test, GPUPT_RUNG_NONE), 0);
	KUNIT_EXPECT_EQ(test, powered_off, 1U);
	KUNIT_EXPECT_EQ(test, powered_on, 1U);
	KUNIT_EXPECT_TRUE(test, ignored_meanwhile);
	/* what the power did to the link is not pciehp's */
	KUNIT_EXPECT_EQ(test, fake_bus_get(&slot->port, FAKE_BUS_PORT_EXP + PCI_EXP_SLTSTA, 2), 0U);
	KUNIT_ASSERT_NOT_NULL(test, gdev);
	KUNIT_EXPECT_EQ(test, gpupt_device_state(gdev), GPUPT_STATE_OK);
	KUNIT_EXPECT_EQ(test, gpupt_device_status(gdev).last.rung,
			(unsigned int)GPUPT_RUNG_SLOT_POWER);
	KUNIT_EXPECT_FALSE(test, gpu->dev_flags & PCI_DEV_FLAGS_NO_BUS_RESET);

	/* in vain: the card is off the bus, and the first error is what is said */
	slot->bar0_dead = FAKE_BUS_POWER;
	stays_dead = true;
	old = gpupt_device_find(gpu);
	KUNIT_EXPECT_EQ(test, replace(test, GPUPT_RUNG_NONE), -EIO);
	KUNIT_EXPECT_FALSE(test, gpu);
	KUNIT_EXPECT_EQ(test, gpupt_device_status(old).failures, 1ULL);
	KUNIT_EXPECT_EQ(test, gpupt_device_status(old).last.result, -EIO);
	gpupt_device_put(old);
	pci_hp_deregister(&hotplug);
}

static bool comes_to_be_removed(void)
{
	unsigned int i;

	for (i = 0; i < 100; i++) {
		if (!fake_bus_function(slot, 0) && !fake_bus_function(slot, 1))
			return true;
		msleep(20);
	}
	return false;
}

static void fail_without_a_link(struct kunit *test, bool pulled)
{
	struct gpupt_device *held = gpupt_device_find(gpu);

	slot->dead = FAKE_BUS_POWER;
	slot->no_link = true;
	slot->pulled_in_reset = pulled;
	KUNIT_EXPECT_EQ(test, gpupt_recover(held, GPUPT_RUNG_BUS), -EIO);
	gpupt_device_put(held);
}

static void a_card_pulled_during_its_reset_is_removed(struct kunit *test)
{
	insert(test, &fake_bus_rtx3080);
	/* one that hangs is there still */
	fail_without_a_link(test, false);
	KUNIT_EXPECT_FALSE(test, comes_to_be_removed());
	look_up();
	KUNIT_ASSERT_NOT_NULL(test, gdev);
	/* without a driver of the slot */
	fail_without_a_link(test, true);
	KUNIT_EXPECT_TRUE(test, comes_to_be_removed());
	KUNIT_EXPECT_FALSE(test, !!port->ignore_hotplug);
}

static void the_slot_is_told_of_a_card_pulled_during_its_reset(struct kunit *test)
{
	struct hotplug_slot hotplug = { .ops = &slot_ops };

	if (!IS_ENABLED(CONFIG_HOTPLUG_PCI))
		kunit_skip(test, "needs CONFIG_HOTPLUG_PCI");
	insert(test, &fake_bus_rtx3080);
	powered_off = 0;
	ignored_meanwhile = false;
	KUNIT_ASSERT_EQ(test, pci_hp_register(&hotplug, port->subordinate, 0, "gpupt-fake"), 0);
	fail_without_a_link(test, true);
	/* as when the module is unloaded at once */
	parts_stop();
	KUNIT_EXPECT_TRUE(test, comes_to_be_removed());
	KUNIT_EXPECT_EQ(test, powered_off, 1U);
	KUNIT_EXPECT_FALSE(test, ignored_meanwhile);
	pci_hp_deregister(&hotplug);
}

static struct kunit_case recover_cases[] = {
	KUNIT_CASE(recover_climbs_what_the_card_may_use),
	KUNIT_CASE(recover_uses_one_rung_if_asked_to),
	KUNIT_CASE(recover_refuses_a_card_in_use),
	KUNIT_CASE(recover_says_that_a_card_is_dead),
	KUNIT_CASE(only_the_user_has_the_bus_of_an_unknown_card_reset),
	KUNIT_CASE(an_unknown_card_without_flr_is_left_to_the_kernel),
	KUNIT_CASE(recover_bears_lack_of_memory),
	KUNIT_CASE(rescan_finds_the_card_anew),
	KUNIT_CASE(rescan_gives_overrides_back),
	KUNIT_CASE(rescan_is_no_success_without_a_reset),
	KUNIT_CASE(rescan_is_no_success_without_every_function),
	KUNIT_CASE(rescan_is_no_success_with_one_function_more),
	KUNIT_CASE_PARAM(rescan_is_no_success_without_every_bar, bar_change_gen_params),
	KUNIT_CASE(rescan_is_no_success_with_dead_registers),
	KUNIT_CASE(rescan_is_no_success_with_another_card),
	KUNIT_CASE(slot_power_cures_what_only_power_cures),
	KUNIT_CASE(a_card_pulled_during_its_reset_is_removed),
	KUNIT_CASE(the_slot_is_told_of_a_card_pulled_during_its_reset),
	{}
};

static struct kunit_suite recover_suite = {
	.name = "gpupt_reset_recover",
	.exit = parts_tear_down,
	.test_cases = recover_cases,
};

kunit_test_suite(recover_suite);
