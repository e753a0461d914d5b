// SPDX-License-Identifier: GPL-2.0
/*
 * The engine over a card that fails in every way hung cards do. Most of what is
 * checked here is checked by the card itself, after each access: see fake_gpu.h.
 */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/pci_regs.h>
#include <linux/string.h>

#include "fake_gpu.h"
#include "gpupt/model.h"
#include "gpupt/reset.h"

/* A card that nothing revives is refused within this: who opens it waits for so long. */
#define DEAD_CARD_MS	10000
/* A hung card is back within this. */
#define REVIVED_MS	3000

static const u8 flr_then_bus[GPUPT_LADDER_LEN] = { GPUPT_RUNG_FLR, GPUPT_RUNG_BUS };
static const u8 bus_then_flr[GPUPT_LADDER_LEN] = { GPUPT_RUNG_BUS, GPUPT_RUNG_FLR };
static const u8 flr_only[GPUPT_LADDER_LEN] = { GPUPT_RUNG_FLR };
static const u8 bus_only[GPUPT_LADDER_LEN] = { GPUPT_RUNG_BUS };
static const u8 no_rung[GPUPT_LADDER_LEN] = { };

static const struct gpupt_model *model_of(const struct fake_card *card)
{
	return gpupt_model_find(card->fn[0].device);
}

/**
 * struct ladder_case - a card, what is wrong with it, and what shall come of it
 * @name: words for the result line
 * @card: kind of card
 * @ladder: rungs to try
 * @faults: what is wrong
 * @boot0: PMC_BOOT_0 as known from before, or 0
 * @result: what the engine shall return
 * @rung: the rung it shall name
 * @min_ms: shortest time it may take
 * @max_ms: longest time it may take
 * @acts: what it shall do, in order
 */
struct ladder_case {
	const char *name;
	const struct fake_card *card;
	const u8 *ladder;
	struct fake_faults faults;
	u32 boot0;
	int result;
	enum gpupt_rung rung;
	unsigned int min_ms;
	unsigned int max_ms;
	const char *acts;
};

/* A bus reset of two functions that works: both were alive before, or neither. */
#define BUS_OF_LIVE_PAIR	"(bus hold save1 sbr restore0 restore1 bar0 release ok)"
#define BUS_OF_DEAD_PAIR	"(bus hold sbr restore0 restore1 bar0 release ok)"
#define BUS_OF_UNBOOTED_PAIR	"(bus hold save1 sbr restore0 restore1 bar0 release ETIMEDOUT)"
#define RESTORE_ALL_FOUR	"restore0 restore1 restore2 restore3"

static const struct ladder_case ladder_cases[] = {
	{ "P40 healthy", &fake_p40, bus_only, { },
	  .rung = GPUPT_RUNG_BUS, .max_ms = REVIVED_MS,
	  .acts = "save0 (bus hold sbr restore0 bar0 release ok)" },
	{ "P40 all-ones", &fake_p40, bus_only,
	  { .hang = FAKE_HANG_CONFIG, .hang_level = FAKE_SBR },
	  .rung = GPUPT_RUNG_BUS, .max_ms = REVIVED_MS,
	  .acts = "(bus hold sbr restore0 bar0 release ok)" },
	{ "P40 all-ones for ever", &fake_p40, bus_only,
	  { .hang = FAKE_HANG_CONFIG, .hang_level = FAKE_POWER },
	  .result = -ENODEV, .rung = GPUPT_RUNG_BUS, .max_ms = DEAD_CARD_MS,
	  .acts = "(bus hold sbr release ENODEV)" },
	{ "P40 BAR0 all-ones", &fake_p40, bus_only,
	  { .hang = FAKE_HANG_BAR, .hang_level = FAKE_SBR },
	  .rung = GPUPT_RUNG_BUS, .max_ms = REVIVED_MS,
	  .acts = "save0 (bus hold sbr restore0 bar0 release ok)" },
	{ "P40 BAR0 all-ones for ever", &fake_p40, bus_only,
	  { .hang = FAKE_HANG_BAR, .hang_level = FAKE_POWER },
	  .result = -EIO, .rung = GPUPT_RUNG_BUS, .max_ms = DEAD_CARD_MS,
	  .acts = "save0 (bus hold sbr restore0 bar0 release EIO)" },
	{ "P40 BAR0 PRI error", &fake_p40, bus_only,
	  { .hang = FAKE_HANG_BADF, .hang_level = FAKE_SBR },
	  .rung = GPUPT_RUNG_BUS, .max_ms = REVIVED_MS,
	  .acts = "save0 (bus hold sbr restore0 bar0 release ok)" },
	{ "P40 BAR0 PRI error for ever", &fake_p40, bus_only,
	  { .hang = FAKE_HANG_BADF, .hang_level = FAKE_POWER },
	  .result = -EIO, .rung = GPUPT_RUNG_BUS, .max_ms = DEAD_CARD_MS,
	  .acts = "save0 (bus hold sbr restore0 bar0 release EIO)" },
	{ "P40 BAR0 zero for ever", &fake_p40, bus_only,
	  { .hang = FAKE_HANG_ZERO, .hang_level = FAKE_POWER },
	  .result = -EIO, .rung = GPUPT_RUNG_BUS, .max_ms = DEAD_CARD_MS,
	  .acts = "save0 (bus hold sbr restore0 bar0 release EIO)" },
	{ "P40 slow, shown as RRS", &fake_p40, bus_only, { .sbr_ready_ms = 3000, .rrs = true },
	  .rung = GPUPT_RUNG_BUS, .min_ms = 3000, .max_ms = 4000,
	  .acts = "save0 (bus hold sbr restore0 bar0 release ok)" },
	{ "P40 slow, shown as all-ones", &fake_p40, bus_only, { .sbr_ready_ms = 3000 },
	  .rung = GPUPT_RUNG_BUS, .min_ms = 3000, .max_ms = 4000,
	  .acts = "save0 (bus hold sbr restore0 bar0 release ok)" },
	{ "P40 too slow, shown as RRS", &fake_p40, bus_only,
	  { .sbr_ready_ms = 20000, .rrs = true },
	  .result = -ETIMEDOUT, .rung = GPUPT_RUNG_BUS, .min_ms = 5000, .max_ms = DEAD_CARD_MS,
	  .acts = "save0 (bus hold sbr release ETIMEDOUT)" },
	{ "P40 too slow, shown as all-ones", &fake_p40, bus_only, { .sbr_ready_ms = 20000 },
	  .result = -ENODEV, .rung = GPUPT_RUNG_BUS, .min_ms = 5000, .max_ms = DEAD_CARD_MS,
	  .acts = "save0 (bus hold sbr release ENODEV)" },
	{ "P40 healthy, bus reset without effect", &fake_p40, bus_only, { .sbr_none = true },
	  .result = -EIO, .rung = GPUPT_RUNG_BUS, .max_ms = DEAD_CARD_MS,
	  .acts = "save0 (bus hold sbr restore0 release EIO)" },
	{ "P40 all-ones, bus reset without effect", &fake_p40, bus_only,
	  { .hang = FAKE_HANG_CONFIG, .hang_level = FAKE_SBR, .sbr_none = true },
	  .result = -ENODEV, .rung = GPUPT_RUNG_BUS, .max_ms = DEAD_CARD_MS,
	  .acts = "(bus hold sbr release ENODEV)" },
	{ "P40 BAR0 all-ones, bus reset without effect", &fake_p40, bus_only,
	  { .hang = FAKE_HANG_BAR, .hang_level = FAKE_SBR, .sbr_none = true },
	  .result = -EIO, .rung = GPUPT_RUNG_BUS, .max_ms = DEAD_CARD_MS,
	  .acts = "save0 (bus hold sbr restore0 release EIO)" },
	{ "P40 link slow", &fake_p40, bus_only, { .link_ms = 2000 },
	  .rung = GPUPT_RUNG_BUS, .min_ms = 2000, .max_ms = REVIVED_MS,
	  .acts = "save0 (bus hold sbr restore0 bar0 release ok)" },
	{ "P40 link never up", &fake_p40, bus_only, { .link_never = true },
	  .result = -ETIMEDOUT, .rung = GPUPT_RUNG_BUS, .max_ms = DEAD_CARD_MS,
	  .acts = "save0 (bus hold sbr release ETIMEDOUT)" },
	{ "P40 below a dead port", &fake_p40, bus_only,
	  { .hang = FAKE_HANG_CONFIG, .hang_level = FAKE_POWER, .port_dead = true },
	  .result = -ENODEV, .rung = GPUPT_RUNG_NONE, .max_ms = 100,
	  .acts = "(bus hold release ENODEV)" },
	{ "P40 comes back as another device", &fake_p40, bus_only, { .wrong_id = true },
	  .result = -ENODEV, .rung = GPUPT_RUNG_BUS, .max_ms = DEAD_CARD_MS,
	  .acts = "save0 (bus hold sbr release ENODEV)" },
	{ "P40 comes back as another chip", &fake_p40, bus_only, { .wrong_boot0 = true },
	  .result = -EIO, .rung = GPUPT_RUNG_BUS, .max_ms = DEAD_CARD_MS,
	  .acts = "save0 (bus hold sbr restore0 bar0 release EIO)" },
	{ "P40 boot0 right once, then wrong", &fake_p40, bus_only, { .boot0_once = true },
	  .result = -EIO, .rung = GPUPT_RUNG_BUS, .max_ms = DEAD_CARD_MS,
	  .acts = "save0 (bus hold sbr restore0 bar0 release EIO)" },
	{ "P40 with the boot0 of before", &fake_p40, bus_only, { }, .boot0 = 0x132000a1,
	  .rung = GPUPT_RUNG_BUS, .max_ms = REVIVED_MS,
	  .acts = "save0 (bus hold sbr restore0 bar0 release ok)" },
	{ "P40 with another boot0 than before", &fake_p40, bus_only, { }, .boot0 = 0x134000a1,
	  .result = -EIO, .rung = GPUPT_RUNG_BUS, .max_ms = DEAD_CARD_MS,
	  .acts = "save0 (bus hold sbr restore0 bar0 release EIO)" },
	{ "P40 never drains", &fake_p40, bus_only, { .never_drains = true },
	  .rung = GPUPT_RUNG_BUS, .min_ms = 500, .max_ms = REVIVED_MS,
	  .acts = "save0 (bus hold sbr restore0 bar0 release ok)" },
	{ "P40 BARs do not take", &fake_p40, bus_only,
	  { .bars_stick = true, .bars_level = FAKE_POWER },
	  .result = -EIO, .rung = GPUPT_RUNG_BUS, .max_ms = DEAD_CARD_MS,
	  .acts = "save0 (bus hold sbr restore0 release EIO)" },
	{ "P40 in use", &fake_p40, bus_only, { .busy = true },
	  .result = -EBUSY, .rung = GPUPT_RUNG_NONE, .max_ms = 100,
	  .acts = "save0 (bus busy EBUSY)" },
	{ "P40 no memory", &fake_p40, bus_only, { .nomem_at = 1 },
	  .result = -ENOMEM, .rung = GPUPT_RUNG_NONE, .max_ms = 100, .acts = "nomem0" },
	{ "P40 no rung", &fake_p40, no_rung, { },
	  .result = -EOPNOTSUPP, .rung = GPUPT_RUNG_NONE, .acts = "" },

	{ "3080 healthy", &fake_rtx3080, flr_then_bus, { .boot_ms = 233 },
	  .rung = GPUPT_RUNG_FLR, .min_ms = 233, .max_ms = REVIVED_MS,
	  .acts = "save0 (flr flr restore0 bar0 ok)" },
	{ "3080 by bus reset first", &fake_rtx3080, bus_then_flr, { .boot_ms = 233 },
	  .rung = GPUPT_RUNG_BUS, .min_ms = 233, .max_ms = REVIVED_MS,
	  .acts = "save0 " BUS_OF_LIVE_PAIR },
	{ "3080 all-ones", &fake_rtx3080, flr_then_bus,
	  { .hang = FAKE_HANG_CONFIG, .hang_level = FAKE_SBR, .boot_ms = 233 },
	  .rung = GPUPT_RUNG_BUS, .min_ms = 233, .max_ms = REVIVED_MS,
	  .acts = "(flr ENODEV) " BUS_OF_DEAD_PAIR },
	{ "3080 all-ones for ever", &fake_rtx3080, flr_then_bus,
	  { .hang = FAKE_HANG_CONFIG, .hang_level = FAKE_POWER },
	  .result = -ENODEV, .rung = GPUPT_RUNG_BUS, .max_ms = DEAD_CARD_MS,
	  .acts = "(flr ENODEV) (bus hold sbr release ENODEV)" },
	{ "3080 BAR0 all-ones, cured by FLR", &fake_rtx3080, flr_then_bus,
	  { .hang = FAKE_HANG_BAR, .hang_level = FAKE_FLR },
	  .rung = GPUPT_RUNG_FLR, .max_ms = REVIVED_MS,
	  .acts = "save0 (flr flr restore0 bar0 ok)" },
	{ "3080 BAR0 all-ones, cured by bus reset", &fake_rtx3080, flr_then_bus,
	  { .hang = FAKE_HANG_BAR, .hang_level = FAKE_SBR },
	  .rung = GPUPT_RUNG_BUS, .max_ms = REVIVED_MS,
	  .acts = "save0 (flr flr restore0 bar0 EIO) " BUS_OF_LIVE_PAIR },
	{ "3080 PRI error, cured by bus reset", &fake_rtx3080, flr_then_bus,
	  { .hang = FAKE_HANG_BADF, .hang_level = FAKE_SBR },
	  .rung = GPUPT_RUNG_BUS, .max_ms = REVIVED_MS,
	  .acts = "save0 (flr flr restore0 bar0 EIO) " BUS_OF_LIVE_PAIR },
	{ "3080 FLR without effect", &fake_rtx3080, flr_then_bus, { .flr_none = true },
	  .rung = GPUPT_RUNG_BUS, .max_ms = REVIVED_MS,
	  .acts = "save0 (flr flr restore0 EIO) " BUS_OF_LIVE_PAIR },
	{ "3080 FLR never ready, shown as RRS", &fake_rtx3080, flr_then_bus,
	  { .flr_never = true, .rrs = true },
	  .rung = GPUPT_RUNG_BUS, .max_ms = DEAD_CARD_MS,
	  .acts = "save0 (flr flr ETIMEDOUT) " BUS_OF_LIVE_PAIR },
	{ "3080 FLR never ready, shown as all-ones", &fake_rtx3080, flr_then_bus,
	  { .flr_never = true },
	  .rung = GPUPT_RUNG_BUS, .max_ms = REVIVED_MS,
	  .acts = "save0 (flr flr ENODEV) " BUS_OF_LIVE_PAIR },
	{ "3080 FLR kills", &fake_rtx3080, flr_then_bus, { .flr_kills = true, .rrs = true },
	  .rung = GPUPT_RUNG_BUS, .max_ms = REVIVED_MS,
	  .acts = "save0 (flr flr ENODEV) " BUS_OF_DEAD_PAIR },
	{ "3080 FLR kills, no other rung", &fake_rtx3080, flr_only, { .flr_kills = true },
	  .result = -ENODEV, .rung = GPUPT_RUNG_FLR, .max_ms = DEAD_CARD_MS,
	  .acts = "save0 (flr flr ENODEV)" },
	{ "3080 audio gone after FLR", &fake_rtx3080, flr_then_bus, { .flr_loses_sibling = true },
	  .rung = GPUPT_RUNG_BUS, .max_ms = REVIVED_MS,
	  .acts = "save0 (flr flr restore0 ENODEV) " BUS_OF_DEAD_PAIR },
	{ "3080 swapped for another card", &fake_rtx3080, flr_only, { .swapped = true },
	  .result = -ENODEV, .rung = GPUPT_RUNG_NONE, .max_ms = 100,
	  .acts = "(flr ENODEV)" },
	{ "3080 slow after FLR, shown as RRS", &fake_rtx3080, flr_then_bus,
	  { .flr_ready_ms = 2000, .rrs = true },
	  .rung = GPUPT_RUNG_FLR, .min_ms = 2000, .max_ms = REVIVED_MS,
	  .acts = "save0 (flr flr restore0 bar0 ok)" },
	{ "3080 slow after FLR, shown as all-ones", &fake_rtx3080, flr_then_bus,
	  { .flr_ready_ms = 1000 },
	  .rung = GPUPT_RUNG_FLR, .min_ms = 1000, .max_ms = REVIVED_MS,
	  .acts = "save0 (flr flr restore0 bar0 ok)" },
	{ "3080 BARs do not take after FLR", &fake_rtx3080, flr_then_bus,
	  { .bars_stick = true, .bars_level = FAKE_SBR },
	  .rung = GPUPT_RUNG_BUS, .max_ms = REVIVED_MS,
	  .acts = "save0 (flr flr restore0 EIO) " BUS_OF_LIVE_PAIR },
	{ "3080 firmware slow", &fake_rtx3080, flr_then_bus, { .boot_ms = 3000 },
	  .rung = GPUPT_RUNG_FLR, .min_ms = 3000, .max_ms = 4000,
	  .acts = "save0 (flr flr restore0 bar0 ok)" },
	{ "3080 firmware never boots", &fake_rtx3080, flr_then_bus, { .boot_ms = FAKE_NEVER },
	  .result = -ETIMEDOUT, .rung = GPUPT_RUNG_BUS, .min_ms = 5000, .max_ms = 15000,
	  .acts = "save0 (flr flr restore0 bar0 ETIMEDOUT) " BUS_OF_UNBOOTED_PAIR },
	{ "3080 first error survives a later one", &fake_rtx3080, flr_then_bus,
	  { .hang = FAKE_HANG_BAR, .hang_level = FAKE_POWER, .link_never = true },
	  .result = -EIO, .rung = GPUPT_RUNG_BUS, .max_ms = DEAD_CARD_MS,
	  .acts = "save0 (flr flr restore0 bar0 EIO) (bus hold save1 sbr release ETIMEDOUT)" },
	{ "3080 first error survives a rung in use", &fake_rtx3080, flr_then_bus,
	  { .hang = FAKE_HANG_BAR, .hang_level = FAKE_SBR, .busy = true },
	  .result = -EIO, .rung = GPUPT_RUNG_FLR, .max_ms = REVIVED_MS,
	  .acts = "save0 (flr flr restore0 bar0 EIO) (bus busy EBUSY)" },
	{ "3080 all-ones, sibling in use", &fake_rtx3080, flr_then_bus,
	  { .hang = FAKE_HANG_CONFIG, .hang_level = FAKE_SBR, .busy = true },
	  .result = -EBUSY, .rung = GPUPT_RUNG_NONE, .max_ms = REVIVED_MS,
	  .acts = "(flr ENODEV) (bus busy EBUSY)" },
	{ "3080 no memory for the sibling", &fake_rtx3080, bus_only, { .nomem_at = 2 },
	  .result = -ENOMEM, .rung = GPUPT_RUNG_NONE, .max_ms = 100,
	  .acts = "save0 (bus hold nomem1 release ENOMEM)" },
	{ "3080 audio gone after bus reset", &fake_rtx3080, bus_only, { .lost_sibling = true },
	  .result = -ENODEV, .rung = GPUPT_RUNG_BUS, .max_ms = DEAD_CARD_MS,
	  .acts = "save0 (bus hold save1 sbr restore0 release ENODEV)" },

	{ "2080 all four functions", &fake_rtx2080, bus_only, { .ready_stagger_ms = 300 },
	  .rung = GPUPT_RUNG_BUS, .min_ms = 900, .max_ms = REVIVED_MS,
	  .acts = "save0 (bus hold save1 save2 save3 sbr " RESTORE_ALL_FOUR " bar0 release ok)" },
	{ "2080 all-ones, slow", &fake_rtx2080, flr_then_bus,
	  { .hang = FAKE_HANG_CONFIG, .hang_level = FAKE_SBR, .sbr_ready_ms = 1000,
	    .rrs = true },
	  .rung = GPUPT_RUNG_BUS, .min_ms = 1000, .max_ms = REVIVED_MS,
	  .acts = "(flr ENODEV) (bus hold sbr " RESTORE_ALL_FOUR " bar0 release ok)" },
};

static void ladder_case_desc(const struct ladder_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(ladder, ladder_cases, ladder_case_desc);

static void run_climbs(struct kunit *test)
{
	const struct ladder_case *c = test->param_value;
	struct fake_gpu *fake = fake_gpu_alloc(test);
	struct gpupt_outcome out;

	fake_gpu_init(fake, c->card, &c->faults);
	KUNIT_EXPECT_EQ(test, fake_gpu_run(fake, model_of(c->card), c->ladder, c->boot0, &out),
			c->result);
	KUNIT_EXPECT_EQ(test, out.rung, c->rung);
	KUNIT_EXPECT_GE(test, out.ms, c->min_ms);
	KUNIT_EXPECT_LE(test, out.ms, c->max_ms);
	KUNIT_EXPECT_STREQ(test, fake->acts, c->acts);
}

static void run_flr_leaves_siblings_alone(struct kunit *test)
{
	struct fake_gpu *fake = fake_gpu_alloc(test);
	struct fake_faults healthy = { };
	u8 before[FAKE_CONFIG_SIZE];
	struct gpupt_outcome out;

	fake_gpu_init(fake, &fake_rtx3080, &healthy);
	memcpy(before, fake->fn[1].config, sizeof(before));
	KUNIT_ASSERT_EQ(test, fake_gpu_run(fake, model_of(&fake_rtx3080), flr_only, 0, &out), 0);
	KUNIT_EXPECT_MEMEQ(test, fake->fn[1].config, before, sizeof(before));
	KUNIT_EXPECT_FALSE(test, fake->fn[1].quiet);
	KUNIT_EXPECT_EQ(test, fake->sbr, 0U);
}

static void run_busy_leaves_siblings_alone(struct kunit *test)
{
	struct fake_gpu *fake = fake_gpu_alloc(test);
	struct fake_faults busy = { .busy = true };
	u8 before[FAKE_CONFIG_SIZE];
	struct gpupt_outcome out;

	fake_gpu_init(fake, &fake_rtx2080, &busy);
	memcpy(before, fake->fn[2].config, sizeof(before));
	KUNIT_ASSERT_EQ(test, fake_gpu_run(fake, model_of(&fake_rtx2080), bus_only, 0, &out),
			-EBUSY);
	KUNIT_EXPECT_MEMEQ(test, fake->fn[2].config, before, sizeof(before));
	KUNIT_EXPECT_EQ(test, fake->flr + fake->sbr, 0U);
}

static void run_without_rung_touches_nothing(struct kunit *test)
{
	struct fake_gpu *fake = fake_gpu_alloc(test);
	struct fake_faults healthy = { };
	struct gpupt_outcome out;

	fake_gpu_init(fake, &fake_p40, &healthy);
	KUNIT_EXPECT_EQ(test, fake_gpu_run(fake, model_of(&fake_p40), no_rung, 0, &out),
			-EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, fake->accesses, 0U);
	KUNIT_EXPECT_EQ(test, out.rung, (unsigned int)GPUPT_RUNG_NONE);
}

static void run_needs_no_observer(struct kunit *test)
{
	struct fake_gpu *fake = fake_gpu_alloc(test);
	struct fake_faults faults = { .flr_kills = true };
	struct gpupt_outcome out;

	fake_gpu_init(fake, &fake_rtx3080, &faults);
	KUNIT_EXPECT_EQ(test, gpupt_reset_run(&fake->hw, model_of(&fake_rtx3080), flr_then_bus, 0,
					      NULL, &out), 0);
	KUNIT_EXPECT_EQ(test, out.rung, (unsigned int)GPUPT_RUNG_BUS);
}

static void run_reports_the_link(struct kunit *test)
{
	struct fake_gpu *fake = fake_gpu_alloc(test);
	struct fake_faults healthy = { };
	struct gpupt_outcome out;

	fake_gpu_init(fake, &fake_p40, &healthy);
	KUNIT_ASSERT_EQ(test, fake_gpu_run(fake, model_of(&fake_p40), bus_only, 0, &out), 0);
	KUNIT_EXPECT_EQ(test, out.link, 0x1103 | PCI_EXP_LNKSTA_DLLLA);

	fake_gpu_init(fake, &fake_p40, &healthy);
	fake->hw.port_exp = 0;
	fake->hw.port_link_report = false;
	KUNIT_ASSERT_EQ(test, fake_gpu_run(fake, model_of(&fake_p40), bus_only, 0, &out), 0);
	KUNIT_EXPECT_EQ(test, out.link, 0);
}

static void run_bears_functions_without_express(struct kunit *test)
{
	struct fake_gpu *fake = fake_gpu_alloc(test);
	struct fake_faults faults = { .never_drains = true };
	struct gpupt_outcome out;

	fake_gpu_init(fake, &fake_rtx3080, &faults);
	fake->hw.fn[1].exp = 0;
	KUNIT_EXPECT_EQ(test, fake_gpu_run(fake, model_of(&fake_rtx3080), bus_only, 0, &out), 0);
}

static void run_again_after_success(struct kunit *test)
{
	struct fake_gpu *fake = fake_gpu_alloc(test);
	struct fake_faults hung = { .hang = FAKE_HANG_CONFIG, .hang_level = FAKE_SBR };
	struct gpupt_outcome out;
	unsigned int i;

	fake_gpu_init(fake, &fake_rtx3080, &hung);
	for (i = 1; i <= 3; i++) {
		snprintf(fake->context, sizeof(fake->context), "reset %u", i);
		KUNIT_EXPECT_EQ(test, fake_gpu_run(fake, model_of(&fake_rtx3080), bus_only,
						   fake->card->boot0, &out), 0);
		KUNIT_EXPECT_EQ(test, fake->sbr, i);
		fake->acts[0] = '\0';
	}
}

/* Cards and faults under which the loops below lose the card, at each access in turn. */
static const struct {
	const char *name;
	const struct fake_card *card;
	const u8 *ladder;
	struct fake_faults faults;
} lossy[] = {
	{ "P40", &fake_p40, bus_only, { .link_ms = 20, .sbr_ready_ms = 150, .rrs = true } },
	{ "P40 BAR0", &fake_p40, bus_only, { .hang = FAKE_HANG_BAR, .hang_level = FAKE_SBR } },
	{ "3080 FLR", &fake_rtx3080, flr_then_bus, { .flr_ready_ms = 150, .boot_ms = 50 } },
	{ "3080 bus", &fake_rtx3080, bus_only, { .ready_stagger_ms = 120, .boot_ms = 30 } },
	{ "3080 PRI error", &fake_rtx3080, flr_then_bus,
	  { .hang = FAKE_HANG_BADF, .hang_level = FAKE_SBR } },
	{ "3080 FLR kills", &fake_rtx3080, flr_then_bus, { .flr_kills = true } },
	{ "2080", &fake_rtx2080, flr_then_bus, { .flr_never = true, .rrs = true } },
};

/* Runs case @i with the card lost at access @n. Return: false if it did not come to @n accesses. */
static bool run_lossy(struct fake_gpu *fake, unsigned int i, unsigned int n, enum fake_level level,
		      struct gpupt_outcome *out)
{
	struct fake_faults faults = lossy[i].faults;

	faults.lost_at = n;
	faults.lost_level = level;
	fake_gpu_init(fake, lossy[i].card, &faults);
	snprintf(fake->context, sizeof(fake->context), "%s lost at access %u", lossy[i].name, n);
	fake_gpu_run(fake, model_of(lossy[i].card), lossy[i].ladder, 0, out);
	return fake->accesses >= n;
}

static void run_never_succeeds_on_a_card_lost_at_any_access(struct kunit *test)
{
	struct fake_gpu *fake = fake_gpu_alloc(test);
	struct gpupt_outcome out;
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(lossy); i++) {
		unsigned int unseen = 0;

		for (n = 1; run_lossy(fake, i, n, FAKE_POWER, &out); n++) {
			if (!fake->saw_loss) {
				unseen++;
				continue;
			}
			KUNIT_EXPECT_TRUE_MSG(test, out.result == -ENODEV || out.result == -EIO ||
					      out.result == -ETIMEDOUT, "%s: %d after '%s'",
					      fake->context, out.result, fake->acts);
		}
		KUNIT_EXPECT_EQ_MSG(test, out.result, 0, "%s", fake->context);
		KUNIT_EXPECT_GT(test, n, 10U);
		/* the very last write */
		KUNIT_EXPECT_EQ(test, unseen, 1U);
	}
}

static void run_revives_a_card_lost_at_any_access(struct kunit *test)
{
	struct fake_gpu *fake = fake_gpu_alloc(test);
	unsigned int i, n, revived = 0;
	struct gpupt_outcome out;

	for (i = 0; i < ARRAY_SIZE(lossy); i++) {
		for (n = 1; run_lossy(fake, i, n, FAKE_SBR, &out); n++) {
			revived += !out.result && out.rung == GPUPT_RUNG_BUS;
			/* lost after the last rung that could bring it back, or after success */
			if (fake->sbr_when_lost || strstr(fake->acts, "ok)"))
				continue;
			KUNIT_EXPECT_EQ_MSG(test, out.result, 0, "%s: %s", fake->context,
					    fake->acts);
		}
	}
	KUNIT_EXPECT_GT(test, revived, 20U);
}

/*
 * No fault here is a matter of time: what can be revived is revived, and a
 * success is nothing but that.
 */
static void run_succeeds_on_what_it_can_revive(struct kunit *test)
{
	static const struct fake_card * const cards[] = {
		&fake_p40, &fake_rtx3080, &fake_rtx2080
	};
	static const u8 * const ladders[] = { bus_only, flr_then_bus, flr_only };
	const unsigned int hangs = FAKE_HANG_ZERO + 1, levels = FAKE_POWER + 1, bits = 128;
	const unsigned int runs = ARRAY_SIZE(cards) * ARRAY_SIZE(ladders) * hangs * levels * bits;
	struct fake_gpu *fake = fake_gpu_alloc(test);
	unsigned int run, successes = 0, failures = 0;

	for (run = 0; run < runs; run++) {
		unsigned int rest = run / bits;
		struct fake_faults faults = {
			.hang = rest % hangs,
			.hang_level = rest / hangs % levels,
			.flr_none = run & 1, .flr_never = run & 2, .flr_kills = run & 4,
			.sbr_none = run & 8, .link_never = run & 16, .rrs = run & 32,
			.never_drains = run & 64,
		};
		const struct fake_card *card;
		struct gpupt_outcome out;
		const u8 *ladder;

		rest /= hangs * levels;
		ladder = ladders[rest % ARRAY_SIZE(ladders)];
		card = cards[rest / ARRAY_SIZE(ladders)];
		/* policy never offers a P40 the FLR it does not have */
		if (card == &fake_p40 && ladder != bus_only)
			continue;

		fake_gpu_init(fake, card, &faults);
		snprintf(fake->context, sizeof(fake->context), "combination %u", run);
		fake_gpu_run(fake, model_of(card), ladder, 0, &out);
		KUNIT_ASSERT_EQ_MSG(test, !out.result,
				    fake_gpu_is_alive(fake) && (fake->flr || fake->sbr),
				    "%s: %d after '%s'", fake->context, out.result, fake->acts);
		if (out.result)
			failures++;
		else
			successes++;
	}
	KUNIT_EXPECT_GT(test, successes, 1000U);
	KUNIT_EXPECT_GT(test, failures, 1000U);
}

static void fn_answers_only_as_itself(struct kunit *test)
{
	struct fake_gpu *fake = fake_gpu_alloc(test);
	struct fake_faults healthy = { }, hung = { .hang = FAKE_HANG_CONFIG };

	fake_gpu_init(fake, &fake_rtx3080, &healthy);
	KUNIT_EXPECT_TRUE(test, gpupt_hw_fn_answers(&fake->hw, 0));
	KUNIT_EXPECT_TRUE(test, gpupt_hw_fn_answers(&fake->hw, 1));
	fake->fn[0].config[PCI_DEVICE_ID] ^= 1;
	KUNIT_EXPECT_FALSE(test, gpupt_hw_fn_answers(&fake->hw, 0));
	fake->fn[0].config[PCI_DEVICE_ID] ^= 1;
	/* the multi-function bit may differ */
	fake->fn[0].config[PCI_HEADER_TYPE] ^= 0x80;
	KUNIT_EXPECT_TRUE(test, gpupt_hw_fn_answers(&fake->hw, 0));
	fake->fn[0].config[PCI_HEADER_TYPE] ^= PCI_HEADER_TYPE_BRIDGE;
	KUNIT_EXPECT_FALSE(test, gpupt_hw_fn_answers(&fake->hw, 0));

	fake_gpu_init(fake, &fake_rtx3080, &healthy);
	fake->faults.rrs = true;
	fake->fn[0].ready_at = FAKE_NEVER;
	KUNIT_EXPECT_FALSE(test, gpupt_hw_fn_answers(&fake->hw, 0));

	fake_gpu_init(fake, &fake_rtx3080, &hung);
	KUNIT_EXPECT_FALSE(test, gpupt_hw_fn_answers(&fake->hw, 0));
}

static struct kunit_case reset_cases[] = {
	KUNIT_CASE_PARAM(run_climbs, ladder_gen_params),
	KUNIT_CASE(run_flr_leaves_siblings_alone),
	KUNIT_CASE(run_busy_leaves_siblings_alone),
	KUNIT_CASE(run_without_rung_touches_nothing),
	KUNIT_CASE(run_needs_no_observer),
	KUNIT_CASE(run_reports_the_link),
	KUNIT_CASE(run_bears_functions_without_express),
	KUNIT_CASE(run_again_after_success),
	KUNIT_CASE(run_never_succeeds_on_a_card_lost_at_any_access),
	KUNIT_CASE(run_revives_a_card_lost_at_any_access),
	KUNIT_CASE(run_succeeds_on_what_it_can_revive),
	KUNIT_CASE(fn_answers_only_as_itself),
	{}
};

static struct kunit_suite reset_suite = {
	.name = "gpupt_reset_reset",
	.test_cases = reset_cases,
};

kunit_test_suite(reset_suite);
