// SPDX-License-Identifier: GPL-2.0
/*
 * The engine over a card that fails in every way hung cards do. Most of what is
 * checked here is checked by the card itself, after each access: see fake_gpu.h.
 */
#include <kunit/test.h>
#include <linux/bitfield.h>
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
static const u8 bus_then_long[GPUPT_LADDER_LEN] = { GPUPT_RUNG_BUS, GPUPT_RUNG_BUS_LONG };
static const u8 long_only[GPUPT_LADDER_LEN] = { GPUPT_RUNG_BUS_LONG };
static const u8 power_only[GPUPT_LADDER_LEN] = { GPUPT_RUNG_SLOT_POWER, GPUPT_RUNG_RESCAN };
static const u8 power_then_bus[GPUPT_LADDER_LEN] = { GPUPT_RUNG_SLOT_POWER, GPUPT_RUNG_BUS };
static const u8 no_rung[GPUPT_LADDER_LEN] = { };
static const u8 in_place[GPUPT_LADDER_LEN] = {
	GPUPT_RUNG_FLR, GPUPT_RUNG_BUS, GPUPT_RUNG_BUS_LONG
};

static const struct gpupt_model *model_of(const struct fake_card *card)
{
	return gpupt_model_find(card->fn[0].device);
}

/**
 * struct ladder_case - a card, what is wrong with it, and what shall come of it
 * @name: words for the result line
 * @card: kind of card
 * @ladder: rungs to try; NULL for all of the model's
 * @faults: what is wrong
 * @boot0: PMC_BOOT_0 as known from before, or 0
 * @budget_ms: what the whole may take; 0 for a minute
 * @result: what the engine shall return
 * @rung: the rung it shall name
 * @registers: PMC_BOOT_0 shall be right though it fails
 * @missed: signs that it shall say the card did not show, though it succeeds
 * @sec_fault: it shall report a security fault
 * @lanes: of the link that it shall report; 0 for all
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
	unsigned int budget_ms;
	int result;
	enum gpupt_rung rung;
	bool registers;
	u8 missed;
	bool sec_fault;
	unsigned int lanes;
	unsigned int min_ms;
	unsigned int max_ms;
	const char *acts;
};

/*
 * A bus reset of two functions, both alive before. "mark" is the scratch register
 * being written, on cards that have one and show PMC_BOOT_0.
 */
#define BUS_OF_PAIR(mark, result) \
	"(bus hold save1 " mark "sbr restore0 restore1 bar0 release " result ")"
/* Of two, of which the second had lost its addresses. */
#define BUS_OF_MOVED_PAIR \
	"(bus hold moved1 mark sbr restore0 restore1 bar0 release ok)"
/* Of two, of which the second was dead before. */
#define BUS_OF_PAIR_LESS(mark) \
	"(bus hold " mark "sbr restore0 restore1 bar0 release ok)"
#define BUS_OF_DEAD_PAIR	BUS_OF_PAIR_LESS("")
/* The same of a single function. */
#define BUS_OF_ONE(mark, result)	"(bus hold " mark "sbr restore0 bar0 release " result ")"
#define LONG_OF_ONE(mark, result) \
	"(bus-long hold " mark "sbr restore0 bar0 release " result ")"
/* Of a card that does not answer afterwards. */
#define BUS_SILENT(mark, result)	"(bus hold " mark "sbr release " result ")"
#define LONG_SILENT			"(bus-long hold sbr release ENODEV)"
/* A link that comes up at 5 GT/s, or below at last. */
#define LONG_SLOWER(steps) \
	"(bus-long hold sbr speed2 retrain" steps " restore0 bar0 release ok)"
#define LONG_WITHOUT_LINK \
	"(bus-long hold sbr speed2 retrain speed1 retrain speed3 release ETIMEDOUT)"
#define FLR_OF_ONE(mark, result)	"(flr " mark "flr restore0 bar0 " result ")"
/* The firewall does not drop. */
#define FLR_WALLED			"(flr flr restore0 ETIMEDOUT)"
#define BUS_WALLED			"(bus hold sbr restore0 release ETIMEDOUT)"
#define LONG_WALLED			"(bus-long hold sbr restore0 release ETIMEDOUT)"
#define RESTORE_ALL_FOUR	"restore0 restore1 restore2 restore3"

static const struct ladder_case ladder_cases[] = {
	{ "P40 healthy", &fake_p40, bus_only, { },
	  .rung = GPUPT_RUNG_BUS, .max_ms = REVIVED_MS,
	  .acts = "save0 (bus hold mark sbr restore0 bar0 release ok)" },
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
	  .acts = "save0 (bus hold mark sbr restore0 bar0 release ok)" },
	{ "P40 slow, shown as all-ones", &fake_p40, bus_only, { .sbr_ready_ms = 1400 },
	  .rung = GPUPT_RUNG_BUS, .min_ms = 1400, .max_ms = REVIVED_MS,
	  .acts = "save0 (bus hold mark sbr restore0 bar0 release ok)" },
	{ "P40 slower, shown as all-ones", &fake_p40, NULL, { .sbr_ready_ms = 4000 },
	  .rung = GPUPT_RUNG_BUS_LONG, .min_ms = 4000, .max_ms = 7500,
	  .acts = "save0 " BUS_SILENT("mark ", "ENODEV") " " LONG_OF_ONE("", "ok") },
	{ "P40 in RRS, and no other rung", &fake_p40, bus_only,
	  { .sbr_ready_ms = 20000, .rrs = true },
	  .rung = GPUPT_RUNG_BUS, .min_ms = 20000, .max_ms = 21000,
	  .acts = "save0 (bus hold mark sbr restore0 bar0 release ok)" },
	{ "P40 in RRS for longer than the kernel waits", &fake_p40, bus_only,
	  { .sbr_ready_ms = 90000, .rrs = true },
	  .result = -ETIMEDOUT, .rung = GPUPT_RUNG_BUS, .min_ms = 60000, .max_ms = 61000,
	  .acts = "save0 (bus hold mark sbr release ETIMEDOUT)" },
	{ "P40 too slow, shown as all-ones", &fake_p40, bus_only, { .sbr_ready_ms = 20000 },
	  .result = -ENODEV, .rung = GPUPT_RUNG_BUS, .min_ms = 1500, .max_ms = REVIVED_MS,
	  .acts = "save0 (bus hold mark sbr release ENODEV)" },
	{ "P40 healthy, bus reset without effect", &fake_p40, bus_only, { .sbr_none = true },
	  .result = -EIO, .rung = GPUPT_RUNG_BUS, .max_ms = DEAD_CARD_MS,
	  .acts = "save0 (bus hold mark sbr restore0 release EIO)" },
	{ "P40 all-ones, bus reset without effect", &fake_p40, bus_only,
	  { .hang = FAKE_HANG_CONFIG, .hang_level = FAKE_SBR, .sbr_none = true },
	  .result = -ENODEV, .rung = GPUPT_RUNG_BUS, .max_ms = DEAD_CARD_MS,
	  .acts = "(bus hold sbr release ENODEV)" },
	{ "P40 BAR0 all-ones, bus reset without effect", &fake_p40, bus_only,
	  { .hang = FAKE_HANG_BAR, .hang_level = FAKE_SBR, .sbr_none = true },
	  .result = -EIO, .rung = GPUPT_RUNG_BUS, .max_ms = DEAD_CARD_MS,
	  .acts = "save0 (bus hold sbr restore0 release EIO)" },
	{ "P40 link slow", &fake_p40, bus_only, { .link_ms = 900 },
	  .rung = GPUPT_RUNG_BUS, .min_ms = 900, .max_ms = REVIVED_MS,
	  .acts = "save0 (bus hold mark sbr restore0 bar0 release ok)" },
	{ "P40 link slower", &fake_p40, bus_then_long, { .link_ms = 1800 },
	  .rung = GPUPT_RUNG_BUS_LONG, .min_ms = 1800, .max_ms = 4000,
	  .acts = "save0 " BUS_SILENT("mark ", "ETIMEDOUT") " " LONG_OF_ONE("", "ok") },
	{ "P40 link down before, up by bus reset", &fake_p40, bus_only, { .link_down = true },
	  .rung = GPUPT_RUNG_BUS, .max_ms = REVIVED_MS,
	  .acts = "(bus hold sbr restore0 bar0 release ok)" },
	{ "P40 link up at 5 GT/s", &fake_p40, NULL, { .link_speed = 2 },
	  .rung = GPUPT_RUNG_BUS_LONG, .max_ms = DEAD_CARD_MS,
	  .acts = "save0 " BUS_SILENT("mark ", "ETIMEDOUT") " " LONG_SLOWER("") },
	{ "P40 link up at 2.5 GT/s", &fake_p40, NULL, { .link_speed = 1 },
	  .rung = GPUPT_RUNG_BUS_LONG, .max_ms = DEAD_CARD_MS,
	  .acts = "save0 " BUS_SILENT("mark ", "ETIMEDOUT") " " LONG_SLOWER(" speed1 retrain") },
	{ "P40 link up at no speed", &fake_p40, NULL, { .link_never = true },
	  .result = -ETIMEDOUT, .rung = GPUPT_RUNG_BUS_LONG, .max_ms = DEAD_CARD_MS,
	  .acts = "save0 " BUS_SILENT("mark ", "ETIMEDOUT") " " LONG_WITHOUT_LINK },
	{ "P40 link narrower, mended", &fake_p40, bus_only, { .link_width = 4 },
	  .rung = GPUPT_RUNG_BUS, .max_ms = REVIVED_MS,
	  .acts = "save0 (bus hold mark sbr restore0 retrain bar0 release ok)" },
	{ "P40 link narrower for good", &fake_p40, bus_only,
	  { .link_width = 4, .link_width_keep = true },
	  .rung = GPUPT_RUNG_BUS, .lanes = 4, .max_ms = REVIVED_MS,
	  .acts = "save0 (bus hold mark sbr restore0 retrain bar0 release ok)" },
	{ "P40 wants a longer bus reset", &fake_p40, NULL, { .sbr_min_ms = 50 },
	  .rung = GPUPT_RUNG_BUS_LONG, .max_ms = REVIVED_MS,
	  .acts = "save0 (bus hold mark sbr restore0 release EIO) " LONG_OF_ONE("mark ", "ok") },
	{ "P40 put into reset anew by a scan", &fake_p40, bus_only, { .scans = 1 },
	  .rung = GPUPT_RUNG_BUS, .max_ms = REVIVED_MS,
	  .acts = "save0 (bus hold mark sbr scan1 restore0 bar0 release ok)" },
	{ "P40 link slow, put into reset anew by a scan", &fake_p40, bus_only,
	  { .scans = 1, .link_ms = 500 },
	  .rung = GPUPT_RUNG_BUS, .max_ms = REVIVED_MS,
	  .acts = "save0 (bus hold mark sbr scan1 restore0 bar0 release ok)" },
	{ "P40 put into reset anew by scans without end", &fake_p40, bus_only, { .scans = 3 },
	  .result = -EIO, .rung = GPUPT_RUNG_BUS, .max_ms = REVIVED_MS,
	  .acts = "save0 (bus hold mark sbr scan3 scan2 scan1 restore0 release EIO)" },
	{ "P40 all-ones, put into reset anew by a scan", &fake_p40, long_only,
	  { .scans = 1, .hang = FAKE_HANG_CONFIG, .hang_level = FAKE_SBR },
	  .rung = GPUPT_RUNG_BUS_LONG, .max_ms = REVIVED_MS,
	  .acts = "(bus-long hold sbr scan1 restore0 bar0 release ok)" },
	{ "P40 all-ones, wants a longer bus reset", &fake_p40, NULL,
	  { .hang = FAKE_HANG_CONFIG, .hang_level = FAKE_SBR, .sbr_min_ms = 50 },
	  .rung = GPUPT_RUNG_BUS_LONG, .max_ms = 4000,
	  .acts = BUS_SILENT("", "ENODEV") " " LONG_OF_ONE("", "ok") },
	{ "P40 all-ones for ever, whole ladder", &fake_p40, NULL,
	  { .hang = FAKE_HANG_CONFIG, .hang_level = FAKE_POWER },
	  .result = -ENODEV, .rung = GPUPT_RUNG_BUS_LONG, .max_ms = DEAD_CARD_MS,
	  .acts = BUS_SILENT("", "ENODEV") " " LONG_SILENT },
	{ "P40 below a dead port, whole ladder", &fake_p40, NULL,
	  { .hang = FAKE_HANG_CONFIG, .hang_level = FAKE_POWER, .port_dead = true },
	  .result = -ENODEV, .rung = GPUPT_RUNG_NONE, .max_ms = 100,
	  .acts = "(bus hold release ENODEV) (bus-long hold release ENODEV)" },
	{ "P40 link never up", &fake_p40, bus_only, { .link_never = true },
	  .result = -ETIMEDOUT, .rung = GPUPT_RUNG_BUS, .max_ms = DEAD_CARD_MS,
	  .acts = "save0 (bus hold mark sbr release ETIMEDOUT)" },
	{ "P40 below a dead port", &fake_p40, bus_only,
	  { .hang = FAKE_HANG_CONFIG, .hang_level = FAKE_POWER, .port_dead = true },
	  .result = -ENODEV, .rung = GPUPT_RUNG_NONE, .max_ms = 100,
	  .acts = "(bus hold release ENODEV)" },
	{ "P40 comes back as another device", &fake_p40, bus_only, { .wrong_id = true },
	  .result = -ENODEV, .rung = GPUPT_RUNG_BUS, .max_ms = DEAD_CARD_MS,
	  .acts = "save0 (bus hold mark sbr release ENODEV)" },
	{ "P40 comes back as another chip", &fake_p40, bus_only, { .wrong_boot0 = true },
	  .result = -EIO, .rung = GPUPT_RUNG_BUS, .max_ms = DEAD_CARD_MS,
	  .acts = "save0 (bus hold mark sbr restore0 bar0 release EIO)" },
	{ "P40 boot0 right once, then wrong", &fake_p40, bus_only, { .boot0_once = true },
	  .result = -EIO, .rung = GPUPT_RUNG_BUS, .max_ms = DEAD_CARD_MS,
	  .acts = "save0 (bus hold mark sbr restore0 bar0 release EIO)" },
	{ "P40 with the boot0 of before", &fake_p40, bus_only, { }, .boot0 = 0x132000a1,
	  .rung = GPUPT_RUNG_BUS, .max_ms = REVIVED_MS,
	  .acts = "save0 (bus hold mark sbr restore0 bar0 release ok)" },
	{ "P40 with another boot0 than before", &fake_p40, bus_only, { }, .boot0 = 0x134000a1,
	  .result = -EIO, .rung = GPUPT_RUNG_BUS, .max_ms = DEAD_CARD_MS,
	  .acts = "save0 (bus hold sbr restore0 bar0 release EIO)" },
	{ "P40 resets config space alone", &fake_p40, NULL,
	  { .chip_kept = true, .chip_level = FAKE_POWER }, .boot0 = 0x132000a1,
	  .result = -EIO, .rung = GPUPT_RUNG_BUS_LONG, .registers = true, .max_ms = DEAD_CARD_MS,
	  .acts = "save0 " BUS_OF_ONE("mark ", "EIO") " " LONG_OF_ONE("mark ", "EIO") },
	{ "P40 all-ones gets no mark", &fake_p40, bus_only,
	  { .hang = FAKE_HANG_CONFIG, .hang_level = FAKE_SBR }, .boot0 = 0x132000a1,
	  .rung = GPUPT_RUNG_BUS, .max_ms = REVIVED_MS,
	  .acts = "(bus hold sbr restore0 bar0 release ok)" },
	{ "P40 BAR0 all-ones gets no mark", &fake_p40, bus_only,
	  { .hang = FAKE_HANG_BAR, .hang_level = FAKE_SBR }, .boot0 = 0x132000a1,
	  .rung = GPUPT_RUNG_BUS, .max_ms = REVIVED_MS,
	  .acts = "save0 (bus hold sbr restore0 bar0 release ok)" },
	{ "P40 BARs elsewhere", &fake_p40, bus_only, { .bars_moved = true },
	  .boot0 = 0x132000a1, .rung = GPUPT_RUNG_BUS, .max_ms = REVIVED_MS,
	  .acts = "moved0 (bus hold sbr restore0 bar0 release ok)" },
	{ "P40 BARs elsewhere, in use", &fake_p40, bus_only, { .bars_moved = true, .busy = true },
	  .boot0 = 0x132000a1, .result = -EBUSY, .rung = GPUPT_RUNG_NONE, .max_ms = 100,
	  .acts = "moved0 (bus busy EBUSY)" },
	{ "P40 security fault", &fake_p40, NULL,
	  { .hang = FAKE_HANG_SEC_OLD, .hang_level = FAKE_POWER }, .boot0 = 0x132000a1,
	  .result = -EIO, .rung = GPUPT_RUNG_BUS, .sec_fault = true, .max_ms = REVIVED_MS,
	  .acts = "save0 (bus hold sbr restore0 bar0 release EIO)" },
	{ "P40 never drains", &fake_p40, bus_only, { .never_drains = true },
	  .rung = GPUPT_RUNG_BUS, .min_ms = 500, .max_ms = REVIVED_MS,
	  .acts = "save0 (bus hold mark sbr restore0 bar0 release ok)" },
	{ "P40 BARs do not take", &fake_p40, bus_only,
	  { .bars_stick = true, .bars_level = FAKE_POWER },
	  .result = -EIO, .rung = GPUPT_RUNG_BUS, .max_ms = DEAD_CARD_MS,
	  .acts = "save0 (bus hold mark sbr restore0 release EIO)" },
	{ "P40 in use", &fake_p40, bus_only, { .busy = true },
	  .result = -EBUSY, .rung = GPUPT_RUNG_NONE, .max_ms = 100,
	  .acts = "save0 (bus busy EBUSY)" },
	{ "P40 port in use", &fake_p40, NULL, { .port_busy = true },
	  .result = -EBUSY, .rung = GPUPT_RUNG_NONE, .max_ms = 100,
	  .acts = "save0 (bus busy EBUSY)" },
	{ "P40 no memory", &fake_p40, bus_only, { .nomem_at = 1 },
	  .result = -ENOMEM, .rung = GPUPT_RUNG_NONE, .max_ms = 100, .acts = "nomem0" },
	{ "P40 no rung", &fake_p40, no_rung, { },
	  .result = -EOPNOTSUPP, .rung = GPUPT_RUNG_NONE, .acts = "" },
	{ "P40 only rungs that remove it", &fake_p40, power_only, { },
	  .result = -EOPNOTSUPP, .rung = GPUPT_RUNG_NONE, .acts = "save0" },
	{ "P40 rungs that remove it are passed over", &fake_p40, power_then_bus, { },
	  .rung = GPUPT_RUNG_BUS, .max_ms = REVIVED_MS,
	  .acts = "save0 (bus hold mark sbr restore0 bar0 release ok)" },
	{ "P40 all-ones for ever, 4 s", &fake_p40, NULL,
	  { .hang = FAKE_HANG_CONFIG, .hang_level = FAKE_POWER }, .budget_ms = 4000,
	  .result = -ENODEV, .rung = GPUPT_RUNG_BUS_LONG, .min_ms = 3900, .max_ms = 4100,
	  .acts = BUS_SILENT("", "ENODEV") " " LONG_SILENT },
	{ "P40 all-ones for ever, 1 s", &fake_p40, NULL,
	  { .hang = FAKE_HANG_CONFIG, .hang_level = FAKE_POWER }, .budget_ms = 1000,
	  .result = -ENODEV, .rung = GPUPT_RUNG_BUS, .min_ms = 900, .max_ms = 1100,
	  .acts = "(bus hold sbr release ENODEV)" },
	{ "P40 BAR0 all-ones for ever, 700 ms", &fake_p40, NULL,
	  { .hang = FAKE_HANG_BAR, .hang_level = FAKE_POWER }, .budget_ms = 700,
	  .result = -EIO, .rung = GPUPT_RUNG_BUS, .min_ms = 600, .max_ms = 800,
	  .acts = "save0 (bus hold sbr restore0 bar0 release EIO)" },
	{ "P40 too slow, shown as RRS, 3 s", &fake_p40, bus_then_long,
	  { .sbr_ready_ms = 20000, .rrs = true }, .budget_ms = 3000,
	  .result = -ETIMEDOUT, .rung = GPUPT_RUNG_BUS, .min_ms = 2900, .max_ms = 3100,
	  .acts = "save0 (bus hold mark sbr release ETIMEDOUT)" },

	{ "1080 audio has to be switched on", &fake_gtx1080, bus_only, { .hda = true },
	  .rung = GPUPT_RUNG_BUS, .max_ms = REVIVED_MS,
	  .acts = "save0 " BUS_OF_PAIR("mark ", "ok") },
	{ "1080 all-ones, audio has to be switched on", &fake_gtx1080, bus_only,
	  { .hang = FAKE_HANG_CONFIG, .hang_level = FAKE_SBR, .hda = true },
	  .rung = GPUPT_RUNG_BUS, .max_ms = REVIVED_MS, .acts = BUS_OF_DEAD_PAIR },

	{ "3080 healthy", &fake_rtx3080, flr_then_bus, { .boot_ms = 233 },
	  .rung = GPUPT_RUNG_FLR, .min_ms = 233, .max_ms = REVIVED_MS,
	  .acts = "save0 (flr mark flr restore0 bar0 ok)" },
	{ "3080 by bus reset first", &fake_rtx3080, bus_then_flr, { .boot_ms = 233 },
	  .rung = GPUPT_RUNG_BUS, .min_ms = 233, .max_ms = REVIVED_MS,
	  .acts = "save0 " BUS_OF_PAIR("mark ", "ok") },
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
	  .acts = "save0 " FLR_OF_ONE("", "EIO") " " BUS_OF_PAIR("", "ok") },
	{ "3080 PRI error, cured by bus reset", &fake_rtx3080, flr_then_bus,
	  { .hang = FAKE_HANG_BADF, .hang_level = FAKE_SBR },
	  .rung = GPUPT_RUNG_BUS, .max_ms = REVIVED_MS,
	  .acts = "save0 " FLR_OF_ONE("", "EIO") " " BUS_OF_PAIR("", "ok") },
	{ "3080 FLR without effect", &fake_rtx3080, flr_then_bus, { .flr_none = true },
	  .rung = GPUPT_RUNG_BUS, .max_ms = REVIVED_MS,
	  .acts = "save0 (flr mark flr restore0 EIO) " BUS_OF_PAIR("mark ", "ok") },
	{ "3080 FLR, COMMAND written back", &fake_rtx3080, flr_then_bus, { .command_kept = true },
	  .rung = GPUPT_RUNG_FLR, .max_ms = REVIVED_MS,
	  .acts = "save0 " FLR_OF_ONE("mark ", "ok") },
	{ "3080 bus reset, COMMAND written back", &fake_rtx3080, bus_only, { .command_kept = true },
	  .rung = GPUPT_RUNG_BUS, .max_ms = REVIVED_MS,
	  .acts = "save0 " BUS_OF_PAIR("mark ", "ok") },
	{ "3080 FLR never ready, shown as RRS", &fake_rtx3080, flr_then_bus,
	  { .flr_never = true, .rrs = true },
	  .rung = GPUPT_RUNG_BUS, .max_ms = DEAD_CARD_MS,
	  .acts = "save0 (flr mark flr ETIMEDOUT) " BUS_OF_PAIR("", "ok") },
	{ "3080 FLR never ready, shown as all-ones", &fake_rtx3080, flr_then_bus,
	  { .flr_never = true },
	  .rung = GPUPT_RUNG_BUS, .max_ms = REVIVED_MS,
	  .acts = "save0 (flr mark flr ENODEV) " BUS_OF_PAIR("", "ok") },
	{ "3080 FLR kills", &fake_rtx3080, flr_then_bus, { .flr_kills = true, .rrs = true },
	  .rung = GPUPT_RUNG_BUS, .max_ms = REVIVED_MS,
	  .acts = "save0 (flr mark flr ENODEV) " BUS_OF_DEAD_PAIR },
	{ "3080 FLR kills, no other rung", &fake_rtx3080, flr_only, { .flr_kills = true },
	  .result = -ENODEV, .rung = GPUPT_RUNG_FLR, .max_ms = DEAD_CARD_MS,
	  .acts = "save0 (flr mark flr ENODEV)" },
	{ "3080 audio gone after FLR", &fake_rtx3080, flr_then_bus, { .flr_loses_sibling = true },
	  .rung = GPUPT_RUNG_BUS, .max_ms = REVIVED_MS,
	  .acts = "save0 (flr mark flr restore0 ENODEV) "
		  BUS_OF_PAIR_LESS("mark ") },
	{ "3080 swapped for another card", &fake_rtx3080, flr_only, { .swapped = true },
	  .result = -ENODEV, .rung = GPUPT_RUNG_NONE, .max_ms = 100,
	  .acts = "(flr ENODEV)" },
	{ "3080 slow after FLR, shown as RRS", &fake_rtx3080, flr_then_bus,
	  { .flr_ready_ms = 2000, .rrs = true },
	  .rung = GPUPT_RUNG_FLR, .min_ms = 2000, .max_ms = REVIVED_MS,
	  .acts = "save0 (flr mark flr restore0 bar0 ok)" },
	{ "3080 slow after FLR, shown as all-ones", &fake_rtx3080, flr_then_bus,
	  { .flr_ready_ms = 1000 },
	  .rung = GPUPT_RUNG_FLR, .min_ms = 1000, .max_ms = REVIVED_MS,
	  .acts = "save0 (flr mark flr restore0 bar0 ok)" },
	{ "3080 BARs do not take after FLR", &fake_rtx3080, flr_then_bus,
	  { .bars_stick = true, .bars_level = FAKE_SBR },
	  .rung = GPUPT_RUNG_BUS, .max_ms = REVIVED_MS,
	  .acts = "save0 (flr mark flr restore0 EIO) " BUS_OF_PAIR("", "ok") },
	{ "3080 firmware slow", &fake_rtx3080, flr_then_bus, { .boot_ms = 3000 },
	  .rung = GPUPT_RUNG_FLR, .min_ms = 3000, .max_ms = 4000,
	  .acts = "save0 (flr mark flr restore0 bar0 ok)" },
	{ "3080 firmware never boots", &fake_rtx3080, flr_then_bus, { .boot_ms = FAKE_NEVER },
	  .result = -ETIMEDOUT, .rung = GPUPT_RUNG_BUS, .min_ms = 5000, .max_ms = 15000,
	  .registers = true,
	  .acts = "save0 " FLR_OF_ONE("mark ", "ETIMEDOUT") " "
		  BUS_OF_PAIR("mark ", "ETIMEDOUT") },
	{ "3080 firmware never boots, nor ever did", &fake_rtx3080, flr_then_bus,
	  { .boot_ms = FAKE_NEVER, .untrusted = true }, .missed = GPUPT_SIGN_BOOT,
	  .rung = GPUPT_RUNG_FLR, .min_ms = 5000, .max_ms = 6000,
	  .acts = "save0 " FLR_OF_ONE("mark ", "ok") },
	{ "3080 firmware cannot be read", &fake_rtx3080, flr_then_bus,
	  { .boot_ms = FAKE_NEVER, .boot_ones = true },
	  .rung = GPUPT_RUNG_FLR, .min_ms = 5000, .max_ms = 6000,
	  .acts = "save0 " FLR_OF_ONE("mark ", "ok") },
	{ "3080 WPR2 up, as ever", &fake_rtx3080, flr_then_bus,
	  { .wpr2 = true, .wpr2_level = FAKE_POWER, .untrusted = true },
	  .missed = GPUPT_SIGN_WPR2, .rung = GPUPT_RUNG_FLR, .max_ms = REVIVED_MS,
	  .acts = "save0 " FLR_OF_ONE("mark ", "ok") },
	{ "3080 keeps its mark, as ever", &fake_rtx3080, flr_then_bus,
	  { .chip_kept = true, .chip_level = FAKE_POWER, .untrusted = true },
	  .missed = GPUPT_SIGN_MARK, .rung = GPUPT_RUNG_FLR, .max_ms = REVIVED_MS,
	  .acts = "save0 " FLR_OF_ONE("mark ", "ok") },
	{ "3080 shows no registers until its firmware is done", &fake_rtx3080, flr_then_bus,
	  { .hang = FAKE_HANG_BADF, .hang_level = FAKE_SBR, .untrusted = true },
	  .rung = GPUPT_RUNG_BUS, .min_ms = 5000, .max_ms = 6000,
	  .acts = "save0 " FLR_OF_ONE("", "EIO") " " BUS_OF_PAIR("", "ok") },
	{ "3080 audio without addresses", &fake_rtx3080, flr_then_bus,
	  { .sibling_lost_bars = true },
	  .rung = GPUPT_RUNG_BUS, .max_ms = REVIVED_MS,
	  .acts = "save0 (flr mark flr restore0 EIO) " BUS_OF_MOVED_PAIR },
	{ "3080 audio without addresses, in use", &fake_rtx3080, flr_then_bus,
	  { .sibling_lost_bars = true, .busy = true },
	  .result = -EIO, .rung = GPUPT_RUNG_FLR, .max_ms = REVIVED_MS,
	  .acts = "save0 (flr mark flr restore0 EIO) (bus busy EBUSY)" },
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
	  .acts = "save0 (bus hold save1 mark sbr restore0 release ENODEV)" },

	{ "3080 whole ladder, in vain", &fake_rtx3080, NULL,
	  { .hang = FAKE_HANG_CONFIG, .hang_level = FAKE_POWER },
	  .result = -ENODEV, .rung = GPUPT_RUNG_BUS_LONG, .max_ms = DEAD_CARD_MS,
	  .acts = "(flr ENODEV) " BUS_SILENT("", "ENODEV") " " LONG_SILENT },
	{ "3080 in use is asked once", &fake_rtx3080, NULL,
	  { .hang = FAKE_HANG_CONFIG, .hang_level = FAKE_SBR, .busy = true },
	  .result = -EBUSY, .rung = GPUPT_RUNG_NONE, .max_ms = REVIVED_MS,
	  .acts = "(flr ENODEV) (bus busy EBUSY)" },
	{ "3080 by long bus reset", &fake_rtx3080, long_only, { .boot_ms = 233 },
	  .rung = GPUPT_RUNG_BUS_LONG, .min_ms = 333, .max_ms = REVIVED_MS,
	  .acts = "save0 (bus-long hold save1 mark sbr restore0 restore1 bar0 release ok)" },
	{ "3080 firmware hung, cured by bus reset", &fake_rtx3080, NULL,
	  { .boot_stuck = true, .boot_level = FAKE_SBR, .boot_ms = 233 },
	  .rung = GPUPT_RUNG_BUS, .min_ms = 5000, .max_ms = 7000,
	  .acts = "save0 " FLR_OF_ONE("mark ", "ETIMEDOUT") " " BUS_OF_PAIR("mark ", "ok") },
	{ "3080 firmware hung, 2 s", &fake_rtx3080, NULL,
	  { .boot_stuck = true, .boot_level = FAKE_SBR }, .budget_ms = 2000,
	  .result = -ETIMEDOUT, .rung = GPUPT_RUNG_FLR, .registers = true,
	  .min_ms = 1900, .max_ms = 2100,
	  .acts = "save0 (flr mark flr restore0 bar0 ETIMEDOUT)" },
	{ "3080 WPR2 cleared by FLR", &fake_rtx3080, NULL,
	  { .wpr2 = true, .wpr2_level = FAKE_FLR },
	  .rung = GPUPT_RUNG_FLR, .max_ms = REVIVED_MS,
	  .acts = "save0 (flr mark flr restore0 bar0 ok)" },
	{ "3080 WPR2 cleared by bus reset", &fake_rtx3080, NULL,
	  { .wpr2 = true, .wpr2_level = FAKE_SBR },
	  .rung = GPUPT_RUNG_BUS, .max_ms = REVIVED_MS,
	  .acts = "save0 " FLR_OF_ONE("mark ", "EIO") " " BUS_OF_PAIR("mark ", "ok") },
	{ "3080 WPR2 for ever", &fake_rtx3080, flr_then_bus,
	  { .wpr2 = true, .wpr2_level = FAKE_POWER },
	  .result = -EIO, .rung = GPUPT_RUNG_BUS, .registers = true, .max_ms = REVIVED_MS,
	  .acts = "save0 " FLR_OF_ONE("mark ", "EIO") " " BUS_OF_PAIR("mark ", "EIO") },
	{ "3080 mark cleared by FLR", &fake_rtx3080, NULL, { }, .boot0 = 0xb72000a1,
	  .rung = GPUPT_RUNG_FLR, .max_ms = REVIVED_MS,
	  .acts = "save0 (flr mark flr restore0 bar0 ok)" },
	{ "3080 scratch register that takes no mark", &fake_rtx3080, NULL, { .no_scratch = true },
	  .rung = GPUPT_RUNG_FLR, .max_ms = REVIVED_MS,
	  .acts = "save0 (flr mark flr restore0 bar0 ok)" },
	{ "3080 firmware reads all-ones until booted", &fake_rtx3080, NULL,
	  { .boot_ms = 1000, .boot_ones = true },
	  .rung = GPUPT_RUNG_FLR, .min_ms = 1000, .max_ms = REVIVED_MS,
	  .acts = "save0 (flr mark flr restore0 bar0 ok)" },
	{ "3080 FLR resets config space alone", &fake_rtx3080, NULL,
	  { .chip_kept = true, .chip_level = FAKE_SBR }, .boot0 = 0xb72000a1,
	  .rung = GPUPT_RUNG_BUS, .max_ms = REVIVED_MS,
	  .acts = "save0 (flr mark flr restore0 bar0 EIO) " BUS_OF_PAIR("mark ", "ok") },
	{ "3080 security fault", &fake_rtx3080, NULL,
	  { .hang = FAKE_HANG_SEC, .hang_level = FAKE_POWER },
	  .result = -EIO, .rung = GPUPT_RUNG_FLR, .sec_fault = true, .max_ms = REVIVED_MS,
	  .acts = "save0 (flr flr restore0 bar0 EIO)" },
	{ "3080 security fault that an FLR clears", &fake_rtx3080, NULL,
	  { .hang = FAKE_HANG_SEC, .hang_level = FAKE_FLR }, .boot0 = 0xb72000a1,
	  .rung = GPUPT_RUNG_FLR, .max_ms = REVIVED_MS,
	  .acts = "save0 (flr flr restore0 bar0 ok)" },
	{ "3080 link narrower after FLR", &fake_rtx3080, NULL, { .link_width = 8 },
	  .rung = GPUPT_RUNG_FLR, .max_ms = REVIVED_MS,
	  .acts = "save0 (flr mark flr restore0 hold-port retrain release bar0 ok)" },
	{ "3080 link narrower after FLR, port in use", &fake_rtx3080, NULL,
	  { .link_width = 8, .port_busy = true },
	  .rung = GPUPT_RUNG_FLR, .lanes = 8, .max_ms = REVIVED_MS,
	  .acts = "save0 (flr mark flr restore0 port-busy bar0 ok)" },
	{ "3080 sibling in use does not matter to the link", &fake_rtx3080, NULL,
	  { .link_width = 8, .busy = true },
	  .rung = GPUPT_RUNG_FLR, .max_ms = REVIVED_MS,
	  .acts = "save0 (flr mark flr restore0 hold-port retrain release bar0 ok)" },
	{ "3080 audio has to be switched on", &fake_rtx3080, bus_only, { .hda = true },
	  .rung = GPUPT_RUNG_BUS, .max_ms = REVIVED_MS,
	  .acts = "save0 " BUS_OF_PAIR("mark ", "ok") },

	{ "H100 healthy", &fake_h100, NULL, { .flr_ready_ms = 900, .rrs = true, .boot_ms = 3000 },
	  .boot0 = 0x180000a1, .rung = GPUPT_RUNG_FLR, .min_ms = 3900, .max_ms = 5000,
	  .acts = "save0 (flr mark flr restore0 bar0 ok)" },
	{ "H100 firmware reads all-ones until booted", &fake_h100, NULL,
	  { .boot_ms = 1000, .boot_ones = true },
	  .rung = GPUPT_RUNG_FLR, .min_ms = 1000, .max_ms = REVIVED_MS,
	  .acts = "save0 (flr mark flr restore0 bar0 ok)" },
	{ "H100 firmware hung, cured by bus reset", &fake_h100, NULL,
	  { .boot_stuck = true, .boot_level = FAKE_SBR, .boot_ms = 100 },
	  .rung = GPUPT_RUNG_BUS, .min_ms = 5000, .max_ms = 7000,
	  .acts = "save0 " FLR_OF_ONE("mark ", "ETIMEDOUT") " " BUS_OF_ONE("mark ", "ok") },
	{ "H100 firmware hung for ever", &fake_h100, NULL,
	  { .boot_stuck = true, .boot_level = FAKE_POWER },
	  .result = -ETIMEDOUT, .rung = GPUPT_RUNG_BUS_LONG, .registers = true,
	  .min_ms = 15000, .max_ms = 17000,
	  .acts = "save0 " FLR_OF_ONE("mark ", "ETIMEDOUT") " "
		  BUS_OF_ONE("mark ", "ETIMEDOUT") " " LONG_OF_ONE("mark ", "ETIMEDOUT") },
	{ "H100 WPR2 for ever", &fake_h100, flr_only, { .wpr2 = true, .wpr2_level = FAKE_POWER },
	  .result = -EIO, .rung = GPUPT_RUNG_FLR, .registers = true, .max_ms = REVIVED_MS,
	  .acts = "save0 (flr mark flr restore0 bar0 EIO)" },

	{ "B200 healthy", &fake_b200, NULL,
	  { .flr_ready_ms = 800, .rrs = true, .firewall_ms = 300, .boot_ms = 3000 },
	  .boot0 = 0x1a0000a1, .rung = GPUPT_RUNG_FLR, .min_ms = 3800, .max_ms = 5000,
	  .acts = "save0 (flr flr restore0 bar0 ok)" },
	{ "B200 firewall slow", &fake_b200, NULL, { .firewall_ms = 4500 },
	  .rung = GPUPT_RUNG_FLR, .min_ms = 4500, .max_ms = 5000,
	  .acts = "save0 (flr flr restore0 bar0 ok)" },
	{ "B200 firewall up, cured by bus reset", &fake_b200, NULL,
	  { .firewall = true, .firewall_level = FAKE_SBR },
	  .rung = GPUPT_RUNG_BUS, .min_ms = 5000, .max_ms = 7000,
	  .acts = "save0 (flr flr restore0 ETIMEDOUT) (bus hold sbr restore0 bar0 release ok)" },
	{ "B200 firewall up for ever", &fake_b200, NULL,
	  { .firewall = true, .firewall_level = FAKE_POWER }, .boot0 = 0x1a0000a1,
	  .result = -ETIMEDOUT, .rung = GPUPT_RUNG_BUS_LONG, .min_ms = 15000, .max_ms = 17000,
	  .acts = "save0 " FLR_WALLED " " BUS_WALLED " " LONG_WALLED },
	{ "B200 firewall up for ever, 3 s", &fake_b200, NULL,
	  { .firewall = true, .firewall_level = FAKE_POWER }, .budget_ms = 3000,
	  .result = -ETIMEDOUT, .rung = GPUPT_RUNG_FLR, .min_ms = 2900, .max_ms = 3100,
	  .acts = "save0 (flr flr restore0 ETIMEDOUT)" },
	{ "B200 without DVSEC", &fake_b200, NULL, { .firewall_ms = 1000, .no_dvsec = true },
	  .rung = GPUPT_RUNG_FLR, .min_ms = 3000, .max_ms = 4000,
	  .acts = "save0 (flr flr restore0 bar0 ok)" },
	{ "B200 WPR2 cleared by bus reset", &fake_b200, NULL,
	  { .wpr2 = true, .wpr2_level = FAKE_SBR },
	  .rung = GPUPT_RUNG_BUS, .max_ms = REVIVED_MS,
	  .acts = "save0 (flr flr restore0 bar0 EIO) (bus hold sbr restore0 bar0 release ok)" },

	{ "5090 healthy", &fake_rtx5090, NULL,
	  { .sbr_ready_ms = 800, .rrs = true, .firewall_ms = 100, .boot_ms = 2000 },
	  .rung = GPUPT_RUNG_BUS, .min_ms = 2800, .max_ms = 4000,
	  .acts = "save0 (bus hold save1 sbr restore0 restore1 bar0 release ok)" },
	{ "5090 slow, shown as all-ones", &fake_rtx5090, NULL,
	  { .hang = FAKE_HANG_CONFIG, .hang_level = FAKE_SBR, .sbr_ready_ms = 1400,
	    .firewall_ms = 100, .boot_ms = 200 },
	  .rung = GPUPT_RUNG_BUS, .min_ms = 1600, .max_ms = 4000, .acts = BUS_OF_DEAD_PAIR },
	{ "5090 firmware slow", &fake_rtx5090, NULL, { .boot_ms = 9000 },
	  .rung = GPUPT_RUNG_BUS, .min_ms = 9000, .max_ms = 10000,
	  .acts = "save0 (bus hold save1 sbr restore0 restore1 bar0 release ok)" },
	{ "5090 FLR never ready, wanted all the same", &fake_rtx5090, flr_then_bus,
	  { .flr_never = true, .rrs = true },
	  .rung = GPUPT_RUNG_BUS, .min_ms = 5000, .max_ms = 7000,
	  .acts = "save0 (flr flr ETIMEDOUT) " BUS_OF_PAIR("", "ok") },

	{ "future healthy", &fake_future, NULL, { }, .boot0 = 0x000001a1,
	  .rung = GPUPT_RUNG_FLR, .max_ms = REVIVED_MS,
	  .acts = "save0 (flr flr restore0 bar0 ok)" },
	{ "future with a firewall nobody knows of", &fake_future, NULL,
	  { .firewall_ms = 4000, .no_dvsec = true },
	  .rung = GPUPT_RUNG_FLR, .min_ms = 4000, .max_ms = 5200,
	  .acts = "save0 (flr flr restore0 bar0 ok)" },

	{ "2080 link narrower, port tells no more", &fake_rtx2080, NULL, { .link_width = 2 },
	  .rung = GPUPT_RUNG_FLR, .max_ms = REVIVED_MS,
	  .acts = "save0 (flr mark flr restore0 hold-port retrain release bar0 ok)" },
	{ "2080 all four functions", &fake_rtx2080, bus_only, { .ready_stagger_ms = 300 },
	  .rung = GPUPT_RUNG_BUS, .min_ms = 900, .max_ms = REVIVED_MS,
	  .acts = "save0 (bus hold save1 save2 save3 mark sbr " RESTORE_ALL_FOUR
		  " bar0 release ok)" },
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
	const struct gpupt_model *model = model_of(c->card);
	struct fake_gpu *fake = fake_gpu_alloc(test);
	struct gpupt_outcome out;

	fake_gpu_init(fake, c->card, &c->faults);
	if (c->budget_ms)
		fake->budget_ms = c->budget_ms;
	KUNIT_EXPECT_EQ(test, fake_gpu_run(fake, model, c->ladder ?: model->ladder, c->boot0, &out),
			c->result);
	KUNIT_EXPECT_EQ(test, out.rung, c->rung);
	KUNIT_EXPECT_EQ(test, out.registers, c->registers || !c->result);
	KUNIT_EXPECT_EQ(test, out.sec_fault, c->sec_fault);
	if (!c->result) {
		KUNIT_EXPECT_EQ(test, FIELD_GET(PCI_EXP_LNKSTA_NLW, out.link), c->lanes ?: 16);
		KUNIT_EXPECT_EQ(test, out.missed, c->missed);
	}
	KUNIT_EXPECT_GE(test, out.ms, c->min_ms);
	KUNIT_EXPECT_LE(test, out.ms, c->max_ms);
	KUNIT_EXPECT_STREQ(test, fake->acts, c->acts);
}

/* On the kernel's behalf. */
static void run_is_content(struct kunit *test)
{
	static const struct fake_faults hung = {
		.hang = FAKE_HANG_BAR, .hang_level = FAKE_SBR,
	}, stuck = { .boot_stuck = true, .boot_level = FAKE_SBR };
	const struct gpupt_model *model = model_of(&fake_rtx3080);
	struct fake_gpu *fake = fake_gpu_alloc(test);
	struct gpupt_outcome out;

	/* with signs alone against the card, and that is told apart */
	fake_gpu_init(fake, &fake_rtx3080, &stuck);
	KUNIT_EXPECT_EQ(test, fake_gpu_run(fake, model, flr_then_bus, 0, &out), 0);
	KUNIT_EXPECT_TRUE(test, out.climbed);
	fake_gpu_init(fake, &fake_rtx3080, &stuck);
	fake->content = true;
	KUNIT_EXPECT_EQ(test, fake_gpu_run(fake, model, flr_then_bus, 0, &out), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, out.rung, (unsigned int)GPUPT_RUNG_FLR);
	KUNIT_EXPECT_TRUE(test, out.advisory && out.registers && !out.climbed);
	/* not with facts */
	fake_gpu_init(fake, &fake_rtx3080, &hung);
	fake->content = true;
	KUNIT_EXPECT_EQ(test, fake_gpu_run(fake, model, flr_then_bus, 0, &out), 0);
	KUNIT_EXPECT_FALSE(test, out.climbed);
	/* but for an FLR that completed, on a model that nothing is known of */
	fake_gpu_init(fake, &fake_rtx3080, &hung);
	fake->content_flr = true;
	KUNIT_EXPECT_EQ(test, fake_gpu_run(fake, model, flr_then_bus, 0, &out), -EIO);
	KUNIT_EXPECT_EQ(test, out.rung, (unsigned int)GPUPT_RUNG_FLR);
	KUNIT_EXPECT_EQ(test, fake->sbr, 0U);
}

/* A sign that the card never shows costs its time once. */
static void run_waits_in_vain_once(struct kunit *test)
{
	static const struct fake_faults faults = { .boot_ms = FAKE_NEVER, .untrusted = true };
	const struct gpupt_model *model = model_of(&fake_rtx3080);
	struct fake_gpu *fake = fake_gpu_alloc(test);
	struct gpupt_outcome out;

	fake_gpu_init(fake, &fake_rtx3080, &faults);
	fake->vain = GPUPT_SIGN_BOOT;
	KUNIT_EXPECT_EQ(test, fake_gpu_run(fake, model, flr_only, 0, &out), 0);
	KUNIT_EXPECT_EQ(test, out.missed, GPUPT_SIGN_BOOT);
	KUNIT_EXPECT_LE(test, out.ms, 500U);
	/* one that it has shown is waited for */
	fake_gpu_init(fake, &fake_rtx3080, &faults);
	fake->vain = GPUPT_SIGN_BOOT;
	fake->trusted = GPUPT_SIGN_BOOT;
	KUNIT_EXPECT_EQ(test, fake_gpu_run(fake, model, flr_only, 0, &out), -ETIMEDOUT);
	KUNIT_EXPECT_GE(test, out.ms, 5000U);
}

static void run_learns_what_the_card_shows(struct kunit *test)
{
	static const struct fake_faults fresh = { .untrusted = true };
	struct fake_gpu *fake = fake_gpu_alloc(test);
	struct gpupt_outcome out;

	fake_gpu_init(fake, &fake_rtx3080, &fresh);
	KUNIT_EXPECT_EQ(test, fake_gpu_run(fake, model_of(&fake_rtx3080), flr_only, 0, &out), 0);
	KUNIT_EXPECT_EQ(test, out.shown, FAKE_TRUSTED);
	KUNIT_EXPECT_EQ(test, out.missed | out.unread, 0);
}

static void run_reads_no_bar0(struct kunit *test)
{
	static const struct fake_faults dead = {
		.hang = FAKE_HANG_CONFIG, .hang_level = FAKE_SBR,
	};
	const struct gpupt_model *model = model_of(&fake_rtx3080);
	struct fake_gpu *fake = fake_gpu_alloc(test);
	struct gpupt_outcome out;

	fake_gpu_init(fake, &fake_rtx3080, &dead);
	fake->config_only = true;
	KUNIT_EXPECT_EQ(test, fake_gpu_run(fake, model, flr_then_bus, 0, &out), 0);
	KUNIT_EXPECT_NULL(test, strstr(fake->acts, "bar0"));
	KUNIT_EXPECT_NULL(test, strstr(fake->acts, "mark"));
	KUNIT_EXPECT_EQ(test, out.boot0, 0U);
	KUNIT_EXPECT_TRUE(test, out.registers);
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
	KUNIT_EXPECT_EQ(test, memcmp(fake->fn[1].config, before, sizeof(before)), 0);
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
	KUNIT_EXPECT_EQ(test, memcmp(fake->fn[2].config, before, sizeof(before)), 0);
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
	struct gpupt_reset_request request = {
		.model = model_of(&fake_rtx3080), .ladder = flr_then_bus,
		.budget_ms = FAKE_BUDGET_MS,
	};
	struct fake_gpu *fake = fake_gpu_alloc(test);
	struct fake_faults faults = { .flr_kills = true };
	struct gpupt_outcome out;

	fake_gpu_init(fake, &fake_rtx3080, &faults);
	KUNIT_EXPECT_EQ(test, gpupt_reset_run(&fake->hw, &request, &out), 0);
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

/**
 * struct look_case - a card, what is wrong with it, and what verification says
 * @name: words for the result line
 * @card: kind of card
 * @faults: what is wrong
 * @boot0: PMC_BOOT_0 as known from before, or 0
 * @budget_ms: what it may take; 0 for a minute
 * @result: what it shall return
 * @sec_fault: it shall report a security fault
 * @bar0_untouched: BAR0 must not have been read
 * @max_ms: longest time it may take
 */
struct look_case {
	const char *name;
	const struct fake_card *card;
	struct fake_faults faults;
	u32 boot0;
	unsigned int budget_ms;
	int result;
	bool sec_fault;
	bool bar0_untouched;
	unsigned int max_ms;
};

static const struct look_case look_cases[] = {
	{ "P40 healthy", &fake_p40 },
	{ "1080 healthy", &fake_gtx1080 },
	{ "2080 healthy", &fake_rtx2080 },
	{ "3080 healthy", &fake_rtx3080, .boot0 = 0xb72000a1 },
	{ "H100 healthy", &fake_h100 },
	{ "B200 healthy", &fake_b200 },
	{ "5090 healthy", &fake_rtx5090, .boot0 = 0x1b2000a1 },
	{ "future healthy", &fake_future },
	{ "link down", &fake_rtx3080, { .link_down = true },
	  .result = -ENODEV, .bar0_untouched = true },
	{ "port dead", &fake_rtx3080, { .port_dead = true },
	  .result = -ENODEV, .bar0_untouched = true },
	{ "all-ones", &fake_rtx3080, { .hang = FAKE_HANG_CONFIG },
	  .result = -ENODEV, .bar0_untouched = true },
	{ "another device", &fake_rtx3080, { .swapped = true },
	  .result = -ENODEV, .bar0_untouched = true },
	{ "audio switched off", &fake_rtx3080, { .hda = true },
	  .result = -ENODEV, .bar0_untouched = true },
	{ "firewall up", &fake_b200, { .firewall = true, .firewall_level = FAKE_POWER },
	  .result = -ETIMEDOUT, .bar0_untouched = true, .max_ms = 5100 },
	{ "firewall up, 1 s", &fake_rtx5090, { .firewall = true, .firewall_level = FAKE_POWER },
	  .budget_ms = 1000, .result = -ETIMEDOUT, .bar0_untouched = true, .max_ms = 1100 },
	/* its identity twice, its BARs, where the DVSEC is, and then the DVSEC */
	{ "leaves behind its firewall", &fake_b200,
	  { .firewall = true, .firewall_level = FAKE_POWER, .lost_at = 5,
	    .lost_level = FAKE_POWER },
	  .result = -ENODEV, .bar0_untouched = true },
	{ "BAR0 all-ones", &fake_rtx3080, { .hang = FAKE_HANG_BAR },
	  .result = -EIO, .max_ms = 5100 },
	{ "BAR0 PRI error", &fake_rtx3080, { .hang = FAKE_HANG_BADF },
	  .result = -EIO, .max_ms = 5100 },
	{ "BAR0 zero", &fake_future, { .hang = FAKE_HANG_ZERO },
	  .result = -EIO, .max_ms = 5100 },
	{ "another PMC_BOOT_0", &fake_rtx3080, { }, .boot0 = 0xb74000a1,
	  .result = -EIO, .max_ms = 5100 },
	{ "PMC_BOOT_0 right once", &fake_rtx3080, { .boot0_once = true },
	  .result = -EIO, .max_ms = 1100 },
	{ "security fault", &fake_p40, { .hang = FAKE_HANG_SEC },
	  .result = -EIO, .sec_fault = true, .max_ms = 1100 },
	{ "security fault, other pattern", &fake_h100, { .hang = FAKE_HANG_SEC_OLD },
	  .result = -EIO, .sec_fault = true, .max_ms = 1100 },
	{ "GFW hung", &fake_rtx2080, { .boot_stuck = true },
	  .result = -ETIMEDOUT, .max_ms = 5100 },
	{ "FSP hung", &fake_rtx5090, { .boot_stuck = true },
	  .result = -ETIMEDOUT, .max_ms = 10100 },
	{ "FSP hung, 1 s", &fake_h100, { .boot_stuck = true }, .budget_ms = 1000,
	  .result = -ETIMEDOUT, .max_ms = 1100 },
	{ "WPR2 of Turing", &fake_rtx2080, { .wpr2 = true }, .result = -EIO },
	{ "WPR2 of Hopper", &fake_h100, { .wpr2 = true }, .result = -EIO },
	{ "WPR2 of Blackwell", &fake_rtx5090, { .wpr2 = true }, .result = -EIO },
};

static void look_case_desc(const struct look_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(look, look_cases, look_case_desc);

static void verify_looks(struct kunit *test)
{
	const struct look_case *c = test->param_value;
	struct fake_gpu *fake = fake_gpu_alloc(test);
	struct gpupt_outcome out;

	fake_gpu_init(fake, c->card, &c->faults);
	if (c->budget_ms)
		fake->budget_ms = c->budget_ms;
	/* as firmware had left it, before the kernel switched it on */
	if (c->faults.hda)
		fake->hda_on = false;
	KUNIT_EXPECT_EQ(test, fake_gpu_verify(fake, model_of(c->card), c->boot0, &out), c->result);
	KUNIT_EXPECT_EQ(test, out.sec_fault, c->sec_fault);
	KUNIT_EXPECT_EQ(test, out.rung, (unsigned int)GPUPT_RUNG_NONE);
	KUNIT_EXPECT_LE(test, out.ms, c->max_ms);
	KUNIT_EXPECT_STREQ(test, fake->acts, c->bar0_untouched ? "" : "bar0");
	if (!c->result)
		KUNIT_EXPECT_EQ(test, out.link, fake->hw.link);
	if (c->faults.port_dead)
		KUNIT_EXPECT_EQ(test, out.link, 0);
}

static void verify_without_a_link_touches_nothing(struct kunit *test)
{
	struct fake_gpu *fake = fake_gpu_alloc(test);
	struct fake_faults down = { .link_down = true };
	struct gpupt_outcome out;

	fake_gpu_init(fake, &fake_rtx3080, &down);
	KUNIT_EXPECT_EQ(test, fake_gpu_verify(fake, model_of(&fake_rtx3080), 0, &out), -ENODEV);
	KUNIT_EXPECT_EQ(test, fake->accesses, 0U);
}

static void put_le16(u16 val, u8 *p)
{
	p[0] = val;
	p[1] = val >> 8;
}

static u16 get_le16(const u8 *p)
{
	return p[0] | p[1] << 8;
}

static void verify_leaves_decoding_as_it_was(struct kunit *test)
{
	static const u16 commands[] = { PCI_COMMAND_SERR, PCI_COMMAND_SERR | PCI_COMMAND_MEMORY };
	struct fake_gpu *fake = fake_gpu_alloc(test);
	struct fake_faults healthy = { };
	struct gpupt_outcome out;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		u16 command;

		fake_gpu_init(fake, &fake_p40, &healthy);
		put_le16(commands[i], fake->fn[0].config + PCI_COMMAND);
		gpupt_reset_verify(&fake->hw, &(struct gpupt_reset_request){
			.model = model_of(&fake_p40), .budget_ms = FAKE_BUDGET_MS }, &out);
		KUNIT_EXPECT_EQ(test, out.result, 0);
		command = get_le16(fake->fn[0].config + PCI_COMMAND);
		KUNIT_EXPECT_EQ(test, command, commands[i]);
	}
}

/* A model whose way of getting ready nobody has taught to verify.c is never ready. */
static void verify_without_a_test_of_readiness_fails(struct kunit *test)
{
	struct fake_gpu *fake = fake_gpu_alloc(test);
	struct gpupt_model odd = *model_of(&fake_p40);
	struct fake_faults healthy = { };
	struct gpupt_outcome out;

	odd.ready = GPUPT_READY_FSP + 1;
	fake_gpu_init(fake, &fake_p40, &healthy);
	KUNIT_EXPECT_EQ(test, fake_gpu_verify(fake, &odd, 0, &out), -ETIMEDOUT);
}

static void run_switches_audio_on_only_if_it_was(struct kunit *test)
{
	struct fake_gpu *fake = fake_gpu_alloc(test);
	struct fake_faults healthy = { };
	struct gpupt_outcome out;

	fake_gpu_init(fake, &fake_gtx1080, &healthy);
	fake->hw.hda = false;
	KUNIT_EXPECT_EQ(test, fake_gpu_run(fake, model_of(&fake_gtx1080), bus_only, 0, &out), 0);
	KUNIT_EXPECT_FALSE(test, fake->hda_on);

	fake_gpu_init(fake, &fake_gtx1080, &healthy);
	KUNIT_EXPECT_EQ(test, fake_gpu_run(fake, model_of(&fake_gtx1080), bus_only, 0, &out), 0);
	KUNIT_EXPECT_TRUE(test, fake->hda_on);

	/* the card itself fails the case if config 0x488 of a Hopper is touched */
	fake_gpu_init(fake, &fake_h100, &healthy);
	fake->hw.hda = true;
	fake->hda_on = true;
	KUNIT_EXPECT_EQ(test, fake_gpu_run(fake, model_of(&fake_h100), flr_only, 0, &out), 0);
}

static void run_keeps_a_speed_that_works(struct kunit *test)
{
	struct fake_gpu *fake = fake_gpu_alloc(test);
	struct fake_faults slow = { .link_speed = 1 };
	struct gpupt_outcome out;

	fake_gpu_init(fake, &fake_p40, &slow);
	KUNIT_ASSERT_EQ(test, fake_gpu_run(fake, model_of(&fake_p40), bus_then_long, 0, &out), 0);
	KUNIT_EXPECT_EQ(test, FIELD_GET(PCI_EXP_LNKSTA_CLS, out.link), 1);
	fake->acts[0] = '\0';
	/* and the next one needs no long bus reset for it */
	KUNIT_EXPECT_EQ(test, fake_gpu_run(fake, model_of(&fake_p40), bus_then_long, 0, &out), 0);
	KUNIT_EXPECT_EQ(test, out.rung, (unsigned int)GPUPT_RUNG_BUS);
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
	u32 boot0;
} lossy[] = {
	{ "P40", &fake_p40, bus_only, { .link_ms = 20, .sbr_ready_ms = 150, .rrs = true } },
	{ "P40 BAR0", &fake_p40, bus_only, { .hang = FAKE_HANG_BAR, .hang_level = FAKE_SBR } },
	{ "3080 FLR", &fake_rtx3080, flr_then_bus, { .flr_ready_ms = 150, .boot_ms = 50 } },
	{ "3080 bus", &fake_rtx3080, bus_only, { .ready_stagger_ms = 120, .boot_ms = 30 } },
	{ "3080 PRI error", &fake_rtx3080, flr_then_bus,
	  { .hang = FAKE_HANG_BADF, .hang_level = FAKE_SBR } },
	{ "3080 FLR kills", &fake_rtx3080, flr_then_bus, { .flr_kills = true } },
	{ "2080", &fake_rtx2080, flr_then_bus, { .flr_never = true, .rrs = true } },
	{ "3080 ladder", &fake_rtx3080, in_place,
	  { .wpr2 = true, .wpr2_level = FAKE_SBR, .sbr_min_ms = 50, .hda = true, .boot_ms = 30 },
	  .boot0 = 0xb72000a1 },
	{ "3080 link", &fake_rtx3080, in_place,
	  { .flr_kills = true, .link_speed = 2, .link_width = 8 }, .boot0 = 0xb72000a1 },
	{ "H100", &fake_h100, in_place,
	  { .chip_kept = true, .chip_level = FAKE_SBR, .boot_ms = 50 }, .boot0 = 0x180000a1 },
	{ "B200", &fake_b200, in_place,
	  { .firewall = true, .firewall_level = FAKE_SBR, .firewall_ms = 40, .boot_ms = 60 } },
	{ "B200 without DVSEC", &fake_b200, in_place, { .no_dvsec = true, .firewall_ms = 40 } },
	{ "5090", &fake_rtx5090, bus_then_long,
	  { .wpr2 = true, .wpr2_level = FAKE_SBR, .sbr_min_ms = 50, .firewall_ms = 40 } },
	{ "future", &fake_future, in_place, { .flr_none = true } },
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
	fake_gpu_run(fake, model_of(lossy[i].card), lossy[i].ladder, lossy[i].boot0, out);
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

/* A bus reset brings the former card back, so there is a rung after the one that saw another. */
static void run_writes_nothing_to_another_card(struct kunit *test)
{
	struct fake_gpu *fake = fake_gpu_alloc(test);
	struct gpupt_outcome out;
	unsigned int i, n, seen = 0;

	for (i = 0; i < ARRAY_SIZE(lossy); i++) {
		for (n = 1;; n++) {
			struct fake_faults faults = lossy[i].faults;

			faults.lost_at = n;
			faults.lost_to_another = true;
			fake_gpu_init(fake, lossy[i].card, &faults);
			snprintf(fake->context, sizeof(fake->context), "%s another at access %u",
				 lossy[i].name, n);
			fake_gpu_run(fake, model_of(lossy[i].card), lossy[i].ladder, lossy[i].boot0,
				     &out);
			if (fake->accesses < n)
				break;
			seen += fake->saw_loss;
		}
		KUNIT_EXPECT_GT(test, n, 10U);
	}
	KUNIT_EXPECT_GT(test, seen, 100U);
}

/* Around the end of a bus reset that waited in vain, short or long. */
static bool is_edge(unsigned int ms)
{
	return (ms >= 1550 && ms < 1650) || (ms >= 4050 && ms < 4150);
}

/*
 * Whenever the functions come back, be it while a rung ends or the next begins:
 * the card checks that each has its own configuration at the end.
 */
static void run_bears_any_time_to_ready(struct kunit *test)
{
	static const struct fake_card * const cards[] = {
		&fake_gtx1080, &fake_rtx3080, &fake_rtx2080, &fake_rtx5090,
	};
	struct fake_gpu *fake = fake_gpu_alloc(test);
	unsigned int i, ms, stagger, rrs, failed = 0;
	struct gpupt_outcome out;

	for (i = 0; i < ARRAY_SIZE(cards); i++) {
		for (ms = 0; ms < 8000; ms += is_edge(ms) ? 2 : 50) {
			for (stagger = 0; stagger < 4; stagger++) {
				for (rrs = 0; rrs < 2; rrs++) {
					struct fake_faults faults = {
						.sbr_ready_ms = ms, .rrs = rrs,
						.ready_stagger_ms = 17 * stagger,
					};

					fake_gpu_init(fake, cards[i], &faults);
					snprintf(fake->context, sizeof(fake->context),
						 "%04x ready after %u, %u", cards[i]->fn[0].device,
						 ms, stagger);
					fake_gpu_run(fake, model_of(cards[i]), bus_then_long,
						     cards[i]->boot0, &out);
					failed += !!out.result;
					if (ms < 3900)
						KUNIT_EXPECT_EQ_MSG(test, out.result, 0, "%s: %s",
								    fake->context, fake->acts);
				}
			}
		}
	}
	KUNIT_EXPECT_GT(test, failed, 100U);
}

static void run_bears_a_port_lost_at_any_access(struct kunit *test)
{
	struct fake_gpu *fake = fake_gpu_alloc(test);
	struct gpupt_outcome out;
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(lossy); i++) {
		for (n = 1; ; n++) {
			struct fake_faults faults = lossy[i].faults;

			faults.port_lost_at = n;
			faults.link_never = true;
			fake_gpu_init(fake, lossy[i].card, &faults);
			snprintf(fake->context, sizeof(fake->context), "%s, port lost at access %u",
				 lossy[i].name, n);
			fake_gpu_run(fake, model_of(lossy[i].card), lossy[i].ladder,
				     lossy[i].boot0, &out);
			if (fake->port_accesses < n)
				break;
		}
		KUNIT_EXPECT_GT(test, n, 2U);
	}
}

static void run_bears_no_memory_for_any_save(struct kunit *test)
{
	struct fake_gpu *fake = fake_gpu_alloc(test);
	struct gpupt_outcome out;
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(lossy); i++) {
		for (n = 1; ; n++) {
			struct fake_faults faults = lossy[i].faults;

			faults.nomem_at = n;
			fake_gpu_init(fake, lossy[i].card, &faults);
			snprintf(fake->context, sizeof(fake->context), "%s, no memory at %u",
				 lossy[i].name, n);
			fake_gpu_run(fake, model_of(lossy[i].card), lossy[i].ladder,
				     lossy[i].boot0, &out);
			if (fake->saves < n)
				break;
			/* a rung that needs none may have helped before */
			if (!strstr(fake->acts, "ok)"))
				KUNIT_EXPECT_NE_MSG(test, out.result, 0, "%s", fake->context);
		}
		KUNIT_EXPECT_GT(test, n, 1U);
	}
}

static void verify_never_succeeds_on_a_card_lost_at_any_access(struct kunit *test)
{
	static const struct fake_card * const cards[] = {
		&fake_p40, &fake_rtx2080, &fake_rtx3080, &fake_h100, &fake_b200, &fake_rtx5090,
		&fake_future,
	};
	struct fake_gpu *fake = fake_gpu_alloc(test);
	struct gpupt_outcome out;
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(cards); i++) {
		unsigned int unseen = 0;

		for (n = 1; ; n++) {
			struct fake_faults faults = { .lost_at = n, .lost_level = FAKE_POWER };

			fake_gpu_init(fake, cards[i], &faults);
			snprintf(fake->context, sizeof(fake->context), "%04x lost at access %u",
				 cards[i]->fn[0].device, n);
			fake_gpu_verify(fake, model_of(cards[i]), cards[i]->boot0, &out);
			if (fake->accesses < n)
				break;
			if (fake->saw_loss)
				KUNIT_EXPECT_NE_MSG(test, out.result, 0, "%s", fake->context);
			else
				unseen++;
		}
		KUNIT_EXPECT_EQ_MSG(test, out.result, 0, "%s", fake->context);
		KUNIT_EXPECT_GT(test, n, 6U);
		/* the very last write */
		KUNIT_EXPECT_EQ_MSG(test, unseen, 1U, "%s", fake->context);
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

/* The next digit of a number written in mixed radix, lowest first. */
static unsigned int digit(unsigned int *rest, unsigned int radix)
{
	unsigned int value = *rest % radix;

	*rest /= radix;
	return value;
}

/*
 * No fault here is a matter of time: what can be revived is revived, and a
 * success is nothing but that. Of all combinations every 211th is tried, which
 * has no factor in common with any of the numbers of choices.
 */
static void run_succeeds_on_what_it_can_revive(struct kunit *test)
{
	static const struct fake_card * const cards[] = {
		&fake_p40, &fake_rtx3080, &fake_rtx2080, &fake_h100, &fake_b200, &fake_rtx5090,
	};
	static const u8 * const ladders[] = { bus_only, flr_then_bus, flr_only, in_place };
	const unsigned int hangs = FAKE_HANG_SEC_OLD + 1, levels = FAKE_POWER + 1, extras = 5;
	const unsigned int runs = ARRAY_SIZE(cards) * ARRAY_SIZE(ladders) * hangs * levels *
				  extras * levels * 256;
	struct fake_gpu *fake = fake_gpu_alloc(test);
	unsigned int run, successes = 0, failures = 0;

	for (run = 0; run < runs; run += 211) {
		unsigned int rest = run, extra;
		struct fake_faults faults = { };
		const struct fake_card *card;
		struct gpupt_outcome out;
		const u8 *ladder;
		u32 boot0;

		faults.flr_none = digit(&rest, 2);
		faults.flr_never = digit(&rest, 2);
		faults.flr_kills = digit(&rest, 2);
		faults.sbr_none = digit(&rest, 2);
		faults.link_never = digit(&rest, 2);
		faults.rrs = digit(&rest, 2);
		faults.never_drains = digit(&rest, 2);
		boot0 = digit(&rest, 2);
		extra = digit(&rest, extras);
		faults.wpr2 = extra == 1;
		faults.firewall = extra == 2;
		faults.boot_stuck = extra == 3;
		faults.chip_kept = extra == 4;
		faults.wpr2_level = digit(&rest, levels);
		faults.firewall_level = faults.wpr2_level;
		faults.boot_level = faults.wpr2_level;
		faults.chip_level = faults.wpr2_level;
		faults.hang = digit(&rest, hangs);
		faults.hang_level = digit(&rest, levels);
		ladder = ladders[digit(&rest, ARRAY_SIZE(ladders))];
		card = cards[rest];
		/* policy never offers a P40 the FLR it does not have */
		if (card == &fake_p40 && ladder != bus_only)
			continue;
		/* nor is there anything on a P40 that these would concern */
		if (card == &fake_p40 && (faults.wpr2 || faults.boot_stuck))
			continue;
		if (!card->dvsec)
			faults.firewall = false;

		fake_gpu_init(fake, card, &faults);
		snprintf(fake->context, sizeof(fake->context), "combination %u", run);
		fake_gpu_run(fake, model_of(card), ladder, boot0 ? card->boot0 : 0, &out);
		KUNIT_ASSERT_EQ_MSG(test, !out.result,
				    fake_gpu_is_alive(fake) && (fake->flr || fake->sbr) &&
				    !fake_gpu_signs_against(fake),
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
	KUNIT_CASE(run_is_content),
	KUNIT_CASE(run_waits_in_vain_once),
	KUNIT_CASE(run_learns_what_the_card_shows),
	KUNIT_CASE(run_reads_no_bar0),
	KUNIT_CASE(run_flr_leaves_siblings_alone),
	KUNIT_CASE(run_busy_leaves_siblings_alone),
	KUNIT_CASE(run_without_rung_touches_nothing),
	KUNIT_CASE(run_needs_no_observer),
	KUNIT_CASE(run_reports_the_link),
	KUNIT_CASE(run_bears_functions_without_express),
	KUNIT_CASE(run_switches_audio_on_only_if_it_was),
	KUNIT_CASE(run_keeps_a_speed_that_works),
	KUNIT_CASE(run_again_after_success),
	KUNIT_CASE(run_never_succeeds_on_a_card_lost_at_any_access),
	KUNIT_CASE(run_writes_nothing_to_another_card),
	KUNIT_CASE(run_revives_a_card_lost_at_any_access),
	KUNIT_CASE(run_bears_any_time_to_ready),
	KUNIT_CASE(run_bears_a_port_lost_at_any_access),
	KUNIT_CASE(run_bears_no_memory_for_any_save),
	KUNIT_CASE(run_succeeds_on_what_it_can_revive),
	KUNIT_CASE_PARAM(verify_looks, look_gen_params),
	KUNIT_CASE(verify_without_a_link_touches_nothing),
	KUNIT_CASE(verify_leaves_decoding_as_it_was),
	KUNIT_CASE(verify_without_a_test_of_readiness_fails),
	KUNIT_CASE(verify_never_succeeds_on_a_card_lost_at_any_access),
	KUNIT_CASE(fn_answers_only_as_itself),
	{}
};

static struct kunit_suite reset_suite = {
	.name = "gpupt_reset_reset",
	.test_cases = reset_cases,
};

kunit_test_suite(reset_suite);
