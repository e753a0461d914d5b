// SPDX-License-Identifier: GPL-2.0
/* Snapshots: of nothing but a living function, and whatever they are restored into. */
#include <kunit/test.h>
#include <linux/device.h>
#include <linux/errno.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "fail_nth.h"
#include "fake_bus.h"
#include "gpupt/snapshot.h"

#define COMMAND		(PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_SERR)
#define DEVCTL		(0x78 + PCI_EXP_DEVCTL)
#define LNKCTL		(0x78 + PCI_EXP_LNKCTL)
/* 128 MB */
#define REBAR_CTRL	(0x100 + PCI_REBAR_CTRL)
#define CHANNEL_CTRL	(0x180 + PCI_VC_RES_CTRL)
/* Fills the kernel's saved state in tests that look for what became of it. */
#define PATTERN		0x5a5a5a5a

/* What every case has: a GTX 1080 as the kernel had set it. */
static struct fake_bus_slot *slot;
static struct pci_dev *gpu;
static struct gpupt_snapshot snapshot;
static struct gpupt_outgrown outgrown;

static int set_up(struct kunit *test)
{
	fake_bus_create(test, &fake_bus_gtx1080, NULL);
	slot = fake_bus_slot(test, 0);
	gpu = fake_bus_function(slot, 0);
	snapshot = (struct gpupt_snapshot){};
	pci_write_config_word(gpu, PCI_COMMAND, COMMAND);
	pci_write_config_byte(gpu, PCI_CACHE_LINE_SIZE, 0x10);
	pci_write_config_word(gpu, DEVCTL, 0x2930);
	pci_write_config_word(gpu, LNKCTL, 0x0140);
	pci_write_config_dword(gpu, CHANNEL_CTRL, 0x80000055);
	pci_save_state(gpu);
	outgrown = (struct gpupt_outgrown){};
	return gpupt_core_state_widen(&outgrown, gpu);
}

static void tear_down(struct kunit *test)
{
	gpupt_snapshot_free(&snapshot);
	gpupt_core_state_forget(&outgrown);
	fake_bus_destroy(test);
}

static int take(void)
{
	int ret;

	device_lock(&gpu->dev);
	ret = gpupt_snapshot_take(&snapshot, gpu);
	device_unlock(&gpu->dev);
	return ret;
}

static int apply(void)
{
	int ret;

	device_lock(&gpu->dev);
	ret = gpupt_snapshot_apply(&snapshot, gpu);
	device_unlock(&gpu->dev);
	return ret;
}

static int push(struct gpupt_core_state *core)
{
	int ret;

	device_lock(&gpu->dev);
	ret = gpupt_core_state_push(core, gpu);
	device_unlock(&gpu->dev);
	return ret;
}

static void pop(struct gpupt_core_state *core)
{
	device_lock(&gpu->dev);
	gpupt_core_state_pop(core, gpu);
	device_unlock(&gpu->dev);
}

static void mend(bool was_dead)
{
	device_lock(&gpu->dev);
	gpupt_core_state_mend(gpu, &snapshot, was_dead);
	device_unlock(&gpu->dev);
}

static struct fake_bus_config *config(void)
{
	return &slot->fn[0];
}

static void garble_saved_state(void)
{
	memset(gpu->saved_config_space, 0x5a, sizeof(gpu->saved_config_space));
}

static bool saved_state_is_garbled(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(gpu->saved_config_space); i++)
		if (gpu->saved_config_space[i] != PATTERN)
			return false;
	return true;
}

/* As after a reset; @val in each register that can be written but BARs of the kernel. */
static void garble_config(u8 val)
{
	unsigned int i;

	for (i = 0; i < FAKE_BUS_CONFIG; i++)
		config()->now[i] = (config()->reset[i] & ~config()->rw[i]) |
				   (val & config()->rw[i]);
	/* a written 1 would reset it */
	config()->now[DEVCTL + 1] &= ~(PCI_EXP_DEVCTL_BCR_FLR >> 8);
	config()->now[0x64] &= ~PCI_PM_CTRL_STATE_MASK;
	config()->now[PCI_COMMAND] &= ~PCI_COMMAND_MASTER;
	/* the engine's */
	fake_bus_put(config(), 0x488, 4, 0x02000000);
}

/* A second place of the BARs, as the kernel assigned them. */
static void expect_restored(struct kunit *test)
{
	fake_bus_disarm(slot);
	KUNIT_EXPECT_EQ(test, fake_bus_get(config(), PCI_COMMAND, 2),
			COMMAND & ~PCI_COMMAND_MASTER);
	KUNIT_EXPECT_EQ(test, fake_bus_get(config(), PCI_BASE_ADDRESS_0, 4),
			pci_bus_address(gpu, 0));
	KUNIT_EXPECT_EQ(test, fake_bus_get(config(), PCI_BASE_ADDRESS_1, 4) & ~0xfU,
			pci_bus_address(gpu, 1));
}

static void take_leaves_everything_alone(struct kunit *test)
{
	unsigned int saved;

	for (saved = 0; saved < 2; saved++) {
		garble_saved_state();
		gpu->state_saved = saved;
		memcpy(config()->before, config()->now, FAKE_BUS_CONFIG);
		KUNIT_EXPECT_EQ(test, take(), 0);
		KUNIT_EXPECT_TRUE(test, snapshot.image);
		KUNIT_EXPECT_TRUE(test, saved_state_is_garbled());
		KUNIT_EXPECT_TRUE(test, gpu->state_saved == saved);
		KUNIT_EXPECT_FALSE(test, memcmp(config()->before, config()->now, FAKE_BUS_CONFIG));
	}
}

/* As vfio-pci leaves a function that is closed: pci_restore_state() without the device lock. */
static void restored_by_somebody(struct pci_dev *pdev)
{
	pdev->state_saved = false;
}

static void take_bears_that_somebody_restores_meanwhile(struct kunit *test)
{
	garble_saved_state();
	slot->meddle = restored_by_somebody;
	KUNIT_EXPECT_EQ(test, take(), 0);
	slot->meddle = NULL;
	KUNIT_EXPECT_TRUE(test, saved_state_is_garbled());
	fake_bus_arm(slot);
	garble_config(0);
	KUNIT_EXPECT_EQ(test, apply(), 0);
	expect_restored(test);
}

struct refusal {
	const char *name;
	unsigned int pos;
	u32 xor;
	enum fake_bus_level dead;
	int result;
};

static const struct refusal refusals[] = {
	{ "nothing wrong", PCI_CACHE_LINE_SIZE, 0, .result = 0 },
	{ "all-ones", PCI_CACHE_LINE_SIZE, 0, FAKE_BUS_SBR, .result = -ENODEV },
	{ "another vendor", PCI_VENDOR_ID, 1, .result = -ENODEV },
	{ "another device", PCI_VENDOR_ID, 0x10000, .result = -ENODEV },
	{ "BAR 0 moved", PCI_BASE_ADDRESS_0, 0x01000000, .result = -EIO },
	{ "BAR 1 moved", PCI_BASE_ADDRESS_1, 0x08000000, .result = -EIO },
	{ "BAR 1 moved in its upper half", PCI_BASE_ADDRESS_2, 1, .result = -EIO },
	{ "flags of BAR 0", PCI_BASE_ADDRESS_0, 8, .result = 0 },
	{ "a BAR that there is not", PCI_BASE_ADDRESS_5, 0x1000, .result = 0 },
};

static void refusal_desc(const struct refusal *r, char *desc)
{
	strscpy(desc, r->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(refusal, refusals, refusal_desc);

static void take_refuses(struct kunit *test)
{
	const struct refusal *r = test->param_value;
	struct pci_saved_state *image;

	KUNIT_ASSERT_EQ(test, take(), 0);
	image = snapshot.image;
	fake_bus_put(config(), r->pos, 4, fake_bus_get(config(), r->pos, 4) ^ r->xor);
	slot->dead = r->dead;
	garble_saved_state();
	KUNIT_EXPECT_EQ(test, take(), r->result);
	KUNIT_EXPECT_TRUE(test, saved_state_is_garbled());
	if (r->result)
		KUNIT_EXPECT_PTR_EQ(test, snapshot.image, image);
}

/* What a function reads after it went is no snapshot, whichever register it was. */
static void take_refuses_what_goes_meanwhile(struct kunit *test)
{
	struct pci_saved_state *image;
	unsigned int n;
	int ret;

	KUNIT_ASSERT_EQ(test, take(), 0);
	image = snapshot.image;
	garble_saved_state();
	for (n = 1; ; n++) {
		slot->dead = FAKE_BUS_NONE;
		fake_bus_arm(slot);
		config()->quiet = false;
		slot->lost_at = n;
		ret = take();
		slot->armed = false;
		KUNIT_EXPECT_TRUE(test, saved_state_is_garbled());
		if (slot->accesses < n)
			break;
		KUNIT_EXPECT_TRUE_MSG(test, ret == -ENODEV || ret == -EIO,
				      "%d, but lost at access %u of %u", ret, n, slot->accesses);
		KUNIT_EXPECT_PTR_EQ(test, snapshot.image, image);
	}
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_GT(test, n, 32U);
}

static void take_bears_lack_of_memory(struct kunit *test)
{
	unsigned int i, refused = 0;
	bool failed = true;

	fail_nth_need(test);
	garble_saved_state();
	for (i = 0; failed; i++) {
		int ret;

		fail_nth_begin(i / FAIL_NTH_TRIES + 1);
		ret = take();
		failed = fail_nth_end();
		if (ret) {
			KUNIT_EXPECT_TRUE(test, failed);
			KUNIT_EXPECT_EQ(test, ret, -ENOMEM);
			refused++;
		}
		/* what a checker of the kernel lacks does no harm */
		KUNIT_EXPECT_EQ(test, !!snapshot.image, !ret);
		KUNIT_EXPECT_TRUE(test, saved_state_is_garbled());
		gpupt_snapshot_free(&snapshot);
	}
	/* the kernel's state is put aside, and a copy is kept */
	KUNIT_EXPECT_GT(test, refused, 1U * FAIL_NTH_TRIES);
}

static void apply_restores_into(struct kunit *test)
{
	static const u8 garbage[] = { 0x00, 0xff, 0xa5, 0x5a };
	unsigned int i;

	KUNIT_ASSERT_EQ(test, take(), 0);
	for (i = 0; i < ARRAY_SIZE(garbage); i++) {
		fake_bus_arm(slot);
		garble_config(garbage[i]);
		/* set by whoever had it; that of the kernel is set aside by the caller */
		garble_saved_state();
		KUNIT_EXPECT_EQ_MSG(test, apply(), 0, "%02x", garbage[i]);
		expect_restored(test);
	}
}

/* The BARs are all that is known then, and what the kernel decodes. */
static void apply_without_an_image_restores_bars(struct kunit *test)
{
	static const u8 garbage[] = { 0x00, 0xa5, 0x5a };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(garbage); i++) {
		garble_config(garbage[i]);
		/* a place where they must not be decoded meanwhile */
		fake_bus_put(config(), PCI_COMMAND, 2, COMMAND & ~PCI_COMMAND_MASTER);
		slot->moved_decoding = 0;
		KUNIT_EXPECT_EQ(test, apply(), 0);
		KUNIT_EXPECT_EQ(test, slot->moved_decoding, 0U);
		KUNIT_EXPECT_EQ(test, fake_bus_get(config(), PCI_BASE_ADDRESS_0, 4),
				pci_bus_address(gpu, 0));
		KUNIT_EXPECT_EQ(test, fake_bus_get(config(), PCI_BASE_ADDRESS_1, 4) & ~0xfU,
				pci_bus_address(gpu, 1));
		KUNIT_EXPECT_EQ(test, fake_bus_get(config(), PCI_BASE_ADDRESS_2, 4), 0U);
		KUNIT_EXPECT_EQ(test, fake_bus_get(config(), PCI_COMMAND, 2),
				COMMAND & ~PCI_COMMAND_MASTER);
		/* 64 MB again */
		KUNIT_EXPECT_EQ(test, fake_bus_get(config(), REBAR_CTRL, 4) >> 8 & 0x3f, 6U);
	}
}

static void apply_keeps_decoding_on_for_who_enabled_it(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, take(), 0);
	garble_config(0);
	KUNIT_ASSERT_EQ(test, take(), -EIO);
	gpupt_snapshot_free(&snapshot);
	KUNIT_EXPECT_EQ(test, pci_enable_device(gpu), 0);
	fake_bus_put(config(), PCI_COMMAND, 2, 0);
	KUNIT_EXPECT_EQ(test, apply(), 0);
	KUNIT_EXPECT_EQ(test, fake_bus_get(config(), PCI_COMMAND, 2), (u32)PCI_COMMAND_MEMORY);
	pci_disable_device(gpu);
	garble_config(0);
	KUNIT_EXPECT_EQ(test, apply(), 0);
	KUNIT_EXPECT_EQ(test, fake_bus_get(config(), PCI_COMMAND, 2), 0U);
}

static void apply_says_what_did_not_take(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, take(), 0);
	garble_config(0);
	config()->stuck = true;
	KUNIT_EXPECT_EQ(test, apply(), -EIO);
	config()->stuck = false;
	KUNIT_EXPECT_EQ(test, apply(), 0);
	/* another card is there: its BARs are not written twice */
	garble_config(0);
	fake_bus_put(config(), PCI_DEVICE_ID, 2, 0x1234);
	KUNIT_EXPECT_EQ(test, apply(), -EIO);
	slot->dead = FAKE_BUS_SBR;
	KUNIT_EXPECT_EQ(test, apply(), -EIO);
}

/* Nothing is written to it that was computed from all-ones; the fake looks. */
static void apply_bears_that_it_goes_meanwhile(struct kunit *test)
{
	unsigned int with_image, n;
	int ret;

	for (with_image = 0; with_image < 2; with_image++) {
		if (with_image)
			KUNIT_ASSERT_EQ(test, take(), 0);
		for (n = 1; ; n++) {
			slot->dead = FAKE_BUS_NONE;
			fake_bus_arm(slot);
			slot->lost_at = n;
			garble_config(0);
			ret = apply();
			slot->armed = false;
			slot->lost_at = 0;
			if (slot->accesses < n)
				break;
			/* or after the last BAR was read again */
			KUNIT_EXPECT_TRUE_MSG(test, ret == -EIO || n + 10 > slot->accesses,
					      "%d, but lost at access %u", ret, n);
		}
		KUNIT_EXPECT_EQ(test, ret, 0);
		KUNIT_EXPECT_GT(test, n, 32U);
		garble_config(0);
		KUNIT_ASSERT_EQ(test, apply(), 0);
	}
}

static void apply_wakes_it(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, take(), 0);
	gpu->current_state = PCI_D3cold;
	fake_bus_arm(slot);
	garble_config(0);
	KUNIT_EXPECT_EQ(test, apply(), 0);
	expect_restored(test);
	KUNIT_EXPECT_TRUE(test, gpu->current_state == PCI_D0);
}

static void free_forgets(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, take(), 0);
	gpupt_snapshot_free(&snapshot);
	KUNIT_EXPECT_FALSE(test, snapshot.image);
	gpupt_snapshot_free(&snapshot);
}

static void pop_gives_back_what_push_set_aside(struct kunit *test)
{
	struct gpupt_core_state core;
	unsigned int saved;

	for (saved = 0; saved < 2; saved++) {
		garble_saved_state();
		gpu->state_saved = saved;
		KUNIT_ASSERT_EQ(test, push(&core), 0);
		KUNIT_EXPECT_TRUE(test, gpu->state_saved == saved);
		pci_save_state(gpu);
		gpu->state_saved = !saved;
		pop(&core);
		KUNIT_EXPECT_TRUE(test, saved_state_is_garbled());
		KUNIT_EXPECT_TRUE(test, gpu->state_saved == saved);
		KUNIT_EXPECT_FALSE(test, core.image);
		/* and only once */
		pci_save_state(gpu);
		pop(&core);
		KUNIT_EXPECT_FALSE(test, saved_state_is_garbled());
	}
}

static void push_bears_lack_of_memory(struct kunit *test)
{
	struct gpupt_core_state core;

	fail_nth_need(test);
	garble_saved_state();
	gpu->state_saved = false;
	fail_nth_begin(1);
	KUNIT_EXPECT_EQ(test, push(&core), -ENOMEM);
	KUNIT_EXPECT_TRUE(test, fail_nth_end());
	KUNIT_EXPECT_FALSE(test, !!gpu->state_saved);
	pop(&core);
	KUNIT_EXPECT_TRUE(test, saved_state_is_garbled());
}

static void expect_mended(struct kunit *test)
{
	const u32 *dword = gpu->saved_config_space;

	KUNIT_EXPECT_TRUE(test, !!gpu->state_saved);
	KUNIT_EXPECT_EQ(test, dword[0], 0x1b8010deU);
	KUNIT_EXPECT_EQ(test, dword[1], (u32)(COMMAND & ~PCI_COMMAND_MASTER));
	KUNIT_EXPECT_EQ(test, dword[4], (u32)pci_bus_address(gpu, 0));
	KUNIT_EXPECT_EQ(test, dword[5] & ~0xfU, (u32)pci_bus_address(gpu, 1));
}

static void mend_replaces_what_was_read_from_a_dead_function(struct kunit *test)
{
	unsigned int with_image;

	for (with_image = 0; with_image < 2; with_image++) {
		if (with_image)
			KUNIT_ASSERT_EQ(test, take(), 0);
		slot->dead = FAKE_BUS_SBR;
		pci_save_state(gpu);
		KUNIT_EXPECT_EQ(test, gpu->saved_config_space[0], ~0U);
		slot->dead = FAKE_BUS_NONE;
		gpu->state_saved = false;
		mend(true);
		expect_mended(test);
		/* one that vfio-pci saved when it was opened */
		memset(gpu->saved_config_space, 0xff, sizeof(gpu->saved_config_space));
		mend(false);
		expect_mended(test);
	}
	/* what is restored is whole */
	fake_bus_arm(slot);
	garble_config(0);
	pci_restore_state(gpu);
	expect_restored(test);
}

/* The image is what it was when it was alive, not what it is now. */
static void mend_prefers_the_image(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, take(), 0);
	pci_write_config_byte(gpu, PCI_CACHE_LINE_SIZE, 0x08);
	memset(gpu->saved_config_space, 0xff, sizeof(gpu->saved_config_space));
	mend(true);
	KUNIT_EXPECT_EQ(test, gpu->saved_config_space[3] & 0xff, 0x10U);
}

static void mend_leaves_a_good_state_alone(struct kunit *test)
{
	u32 before[16];

	KUNIT_ASSERT_EQ(test, take(), 0);
	pci_write_config_byte(gpu, PCI_CACHE_LINE_SIZE, 0x08);
	pci_save_state(gpu);
	memcpy(before, gpu->saved_config_space, sizeof(before));
	gpu->state_saved = false;
	mend(false);
	KUNIT_EXPECT_FALSE(test, memcmp(before, gpu->saved_config_space, sizeof(before)));
	KUNIT_EXPECT_FALSE(test, !!gpu->state_saved);

	/* it was dead when the kernel cleared COMMAND: nothing but that is mended */
	mend(true);
	expect_mended(test);
	KUNIT_EXPECT_EQ(test, gpu->saved_config_space[3] & 0xff, 0x08U);
}

static void widen_keeps_what_was_saved(struct kunit *test)
{
	struct gpupt_outgrown again = {};

	KUNIT_EXPECT_TRUE(test, outgrown.cap[0]);
	KUNIT_EXPECT_FALSE(test, outgrown.cap[1] || outgrown.cap[2]);
	pci_write_config_dword(gpu, CHANNEL_CTRL, 0x800000aa);
	pci_restore_state(gpu);
	KUNIT_EXPECT_EQ(test, fake_bus_get(config(), CHANNEL_CTRL, 4), 0x80000055U);

	KUNIT_EXPECT_EQ(test, gpupt_core_state_widen(&again, gpu), 0);
	KUNIT_EXPECT_FALSE(test, again.cap[0]);
}

/* There is room enough whatever a card answers, as KASAN sees; see gpupt_core_state_widen(). */
static void kernel_saves_what_goes_meanwhile(struct kunit *test)
{
	unsigned int restore, n;

	pci_write_config_word(gpu, PCI_COMMAND, COMMAND & ~PCI_COMMAND_MASTER);
	for (restore = 0; restore < 2; restore++) {
		for (n = 1; ; n++) {
			slot->dead = FAKE_BUS_NONE;
			pci_save_state(gpu);
			fake_bus_arm(slot);
			slot->lost_at = n;
			if (restore)
				pci_restore_state(gpu);
			else
				pci_save_state(gpu);
			slot->armed = false;
			if (slot->accesses < n)
				break;
		}
		KUNIT_EXPECT_GT(test, n, 32U);
	}
}

/* What drivers/pci has for a capability of which 1000 bytes are saved, and too short for it. */
struct other_cap {
	struct hlist_node next;
	u16 id;
	bool extended;
	unsigned int size;
};

static void widen_leaves_alone_what_it_does_not_know(struct kunit *test)
{
	struct other_cap *other = kzalloc(sizeof(*other), GFP_KERNEL);
	struct gpupt_outgrown none = {};

	KUNIT_ASSERT_NOT_NULL(test, other);
	other->id = PCI_EXT_CAP_ID_MFVC;
	other->extended = true;
	other->size = 1000;
	hlist_add_head(&other->next, &gpu->saved_cap_space);
	KUNIT_EXPECT_EQ(test, gpupt_core_state_widen(&none, gpu), 0);
	KUNIT_EXPECT_FALSE(test, none.cap[1]);
	KUNIT_EXPECT_PTR_EQ(test, gpu->saved_cap_space.first, &other->next);
	hlist_del(&other->next);
	kfree(other);
}

static struct kunit_case snapshot_cases[] = {
	KUNIT_CASE(take_leaves_everything_alone),
	KUNIT_CASE(take_bears_that_somebody_restores_meanwhile),
	KUNIT_CASE_PARAM(take_refuses, refusal_gen_params),
	KUNIT_CASE(take_refuses_what_goes_meanwhile),
	KUNIT_CASE(take_bears_lack_of_memory),
	KUNIT_CASE(apply_restores_into),
	KUNIT_CASE(apply_without_an_image_restores_bars),
	KUNIT_CASE(apply_keeps_decoding_on_for_who_enabled_it),
	KUNIT_CASE(apply_says_what_did_not_take),
	KUNIT_CASE(apply_bears_that_it_goes_meanwhile),
	KUNIT_CASE(apply_wakes_it),
	KUNIT_CASE(free_forgets),
	KUNIT_CASE(pop_gives_back_what_push_set_aside),
	KUNIT_CASE(push_bears_lack_of_memory),
	KUNIT_CASE(mend_replaces_what_was_read_from_a_dead_function),
	KUNIT_CASE(mend_prefers_the_image),
	KUNIT_CASE(mend_leaves_a_good_state_alone),
	KUNIT_CASE(widen_keeps_what_was_saved),
	KUNIT_CASE(kernel_saves_what_goes_meanwhile),
	KUNIT_CASE(widen_leaves_alone_what_it_does_not_know),
	{}
};

static struct kunit_suite snapshot_suite = {
	.name = "gpupt_reset_snapshot",
	.init = set_up,
	.exit = tear_down,
	.test_cases = snapshot_cases,
};

kunit_test_suite(snapshot_suite);
