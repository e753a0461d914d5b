// SPDX-License-Identifier: GPL-2.0
/* The model table is sound, finds real cards, and tells a register from an error pattern. */
#include <kunit/test.h>
#include <linux/ctype.h>
#include <linux/string.h>

#include "gpupt/model.h"
#include "gpupt/regs.h"

/* One rung of it may take this long: a manual reset of 60 s then has time for two. */
#define LONGEST_RUNG_MS		30000

/* An FLR or bus reset may leave a function unready for this long (PCIe 6.0, 2.3.1). */
#define SHORTEST_CONFIG_MS	1000

/* IDs that the table does not have, and will not: after it, and before. */
#define LATER_ID	0xffff
#define OLDER_ID	0x1080

/* NVIDIA's driver waits this long (OGKM): gpuWaitForGfwBootComplete_TU102, */
#define SHORTEST_GFW_MS		2050
/* kfspWaitForSecureBoot_GH100, */
#define SHORTEST_FSP_MS		4000
/* gpuWaitForBarFirewall_GB100. */
#define SHORTEST_FIREWALL_MS	4000

static void check_ladder(struct kunit *test, const struct gpupt_model *model)
{
	unsigned int place[GPUPT_RUNG_COUNT] = { }, i;

	for (i = 0; i < GPUPT_LADDER_LEN && model->ladder[i]; i++) {
		KUNIT_ASSERT_LT(test, model->ladder[i], (u8)GPUPT_RUNG_COUNT);
		KUNIT_EXPECT_EQ_MSG(test, place[model->ladder[i]], 0U, "%s: %s twice",
				    model->family, gpupt_rung_name(model->ladder[i]));
		place[model->ladder[i]] = i + 1;
	}
	KUNIT_EXPECT_GT_MSG(test, i, 0U, "%s: no rung", model->family);
	KUNIT_EXPECT_LT_MSG(test, i, GPUPT_LADDER_LEN, "%s: no end", model->family);
	for (; i < GPUPT_LADDER_LEN; i++)
		KUNIT_EXPECT_EQ_MSG(test, model->ladder[i], GPUPT_RUNG_NONE,
				    "%s: a rung behind the end", model->family);

	/* the rungs that remove the functions come last */
	for (i = GPUPT_RUNG_FLR; i <= GPUPT_RUNG_BUS_LONG; i++) {
		if (place[GPUPT_RUNG_SLOT_POWER])
			KUNIT_EXPECT_LT(test, place[i], place[GPUPT_RUNG_SLOT_POWER]);
		if (place[GPUPT_RUNG_RESCAN])
			KUNIT_EXPECT_LT(test, place[i], place[GPUPT_RUNG_RESCAN]);
	}
	KUNIT_EXPECT_EQ_MSG(test, !place[GPUPT_RUNG_BUS], model->no_bus_reset, "%s",
			    model->family);
	KUNIT_EXPECT_EQ(test, !place[GPUPT_RUNG_BUS_LONG], model->no_bus_reset);
	KUNIT_EXPECT_EQ(test, !place[GPUPT_RUNG_RESCAN], model->no_bus_reset);
	if (model->flr_doubted)
		KUNIT_EXPECT_GT(test, place[GPUPT_RUNG_FLR], place[GPUPT_RUNG_BUS_LONG]);
}

static void check_register(struct kunit *test, const struct gpupt_model *model, u32 reg)
{
	KUNIT_EXPECT_TRUE_MSG(test, IS_ALIGNED(reg, 4), "%s: %x", model->family, reg);
	KUNIT_EXPECT_LE_MSG(test, reg, GPUPT_BAR0_WINDOW - 4, "%s: %x", model->family, reg);
}

static void check_model(struct kunit *test, const struct gpupt_model *model)
{
	check_ladder(test, model);
	check_register(test, model, model->fsp_reg);
	check_register(test, model, model->wpr2_reg);
	check_register(test, model, model->canary_reg);
	KUNIT_EXPECT_EQ_MSG(test, model->fsp_reg != 0, model->ready == GPUPT_READY_FSP, "%s",
			    model->family);

	KUNIT_EXPECT_GE(test, model->config_ms, SHORTEST_CONFIG_MS);
	KUNIT_EXPECT_GT(test, model->bar0_ms, 0);
	switch (model->ready) {
	case GPUPT_READY_BOOT0:
		KUNIT_EXPECT_EQ_MSG(test, model->boot_ms, 0, "%s", model->family);
		break;
	case GPUPT_READY_GFW:
		KUNIT_EXPECT_GE_MSG(test, model->boot_ms, SHORTEST_GFW_MS, "%s", model->family);
		break;
	case GPUPT_READY_FSP:
		KUNIT_EXPECT_GE_MSG(test, model->boot_ms, SHORTEST_FSP_MS, "%s", model->family);
		break;
	}
	if (model->firewall_ms)
		KUNIT_EXPECT_GE(test, model->firewall_ms, SHORTEST_FIREWALL_MS);
	KUNIT_EXPECT_LE_MSG(test,
			    model->config_ms + model->firewall_ms + model->bar0_ms + model->boot_ms,
			    LONGEST_RUNG_MS, "%s", model->family);
}

/* Registers that not every generation has are not read of it, and no architecture refused. */
static void check_infers_nothing(struct kunit *test, const struct gpupt_model *model)
{
	KUNIT_EXPECT_TRUE_MSG(test, model->by_capability, "%s", model->family);
	KUNIT_EXPECT_EQ_MSG(test, model->arch_first, 0, "%s", model->family);
	KUNIT_EXPECT_EQ_MSG(test, model->arch_last, 0, "%s", model->family);
	KUNIT_EXPECT_EQ_MSG(test, model->ready, GPUPT_READY_BOOT0, "%s", model->family);
	KUNIT_EXPECT_EQ_MSG(test, model->wpr2_reg, 0U, "%s", model->family);
	KUNIT_EXPECT_EQ_MSG(test, model->canary_reg, 0U, "%s", model->family);
	KUNIT_EXPECT_FALSE_MSG(test, model->hda_enable, "%s", model->family);
	/* as long as the firewall over BAR0 that it may have */
	KUNIT_EXPECT_GE_MSG(test, model->bar0_ms, SHORTEST_FIREWALL_MS, "%s", model->family);
}

static void table_models_are_complete(struct kunit *test)
{
	const struct gpupt_model_range *range;
	const struct gpupt_model *model;
	unsigned int i, c;

	for (i = 0; (range = gpupt_model_range(i)); i++) {
		model = range->model;
		KUNIT_ASSERT_NOT_NULL(test, model);
		check_model(test, model);
		KUNIT_ASSERT_NOT_NULL(test, model->family);
		KUNIT_EXPECT_GT(test, strlen(model->family), 0);
		for (c = 0; model->family[c]; c++)
			KUNIT_EXPECT_TRUE(test, islower(model->family[c]));
		KUNIT_EXPECT_STRNEQ(test, model->family, "unknown");
		if (model->by_capability) {
			check_infers_nothing(test, model);
			continue;
		}
		KUNIT_EXPECT_NE_MSG(test, model->arch_first, 0, "%s: architecture not checked",
				    model->family);
		KUNIT_EXPECT_LE(test, model->arch_first, model->arch_last);
		/* config 0x488 is proven for the layout before Hopper only */
		KUNIT_EXPECT_EQ_MSG(test, model->hda_enable,
				    model->arch_first < 0x18 || model->arch_first == 0x19, "%s",
				    model->family);
	}
	KUNIT_EXPECT_GT(test, i, 0U);
}

static void table_is_sorted_and_disjoint(struct kunit *test)
{
	const struct gpupt_model_range *range, *before = NULL;
	unsigned int i;

	for (i = 0; (range = gpupt_model_range(i)); i++) {
		KUNIT_EXPECT_LE(test, range->first, range->last);
		if (before)
			KUNIT_EXPECT_LT(test, before->last, range->first);
		before = range;
	}
}

static void table_families_share_no_architecture(struct kunit *test)
{
	const struct gpupt_model_range *a, *b;
	unsigned int i, j;

	for (i = 0; (a = gpupt_model_range(i)); i++) {
		for (j = i + 1; (b = gpupt_model_range(j)); j++) {
			if (!strcmp(a->model->family, b->model->family) ||
			    a->model->by_capability || b->model->by_capability)
				continue;
			KUNIT_EXPECT_TRUE_MSG(test,
					      a->model->arch_last < b->model->arch_first ||
					      b->model->arch_last < a->model->arch_first,
					      "%04x, %04x", a->first, b->first);
		}
	}
}

static void table_ends_in_no_range(struct kunit *test)
{
	unsigned int ranges = 0;

	while (gpupt_model_range(ranges))
		ranges++;
	KUNIT_EXPECT_NULL(test, gpupt_model_range(ranges + 1));
	KUNIT_EXPECT_NULL(test, gpupt_model_range(UINT_MAX));
}

static void unknown_models_infer_nothing(struct kunit *test)
{
	static const u16 ids[] = { LATER_ID, OLDER_ID };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		const struct gpupt_model *model = gpupt_model_find(ids[i]);

		KUNIT_ASSERT_NOT_NULL(test, model);
		check_model(test, model);
		check_infers_nothing(test, model);
		KUNIT_EXPECT_STREQ(test, model->family, "unknown");
	}
}

/* Whatever comes after Blackwell, or turns up in a gap, is not bus reset unless somebody asks. */
static void find_is_wary_of_what_is_not_known(struct kunit *test)
{
	unsigned int device;

	for (device = 0; device <= U16_MAX; device++) {
		const struct gpupt_model *model = gpupt_model_find(device);

		/* the first ID of Maxwell, and the last of Blackwell that is not by capability */
		if (model->bus_by_hand || model->no_bus_reset)
			continue;
		if ((device >= 0x1340 && model->by_capability) || device > 0x327f)
			KUNIT_FAIL(test, "%04x is bus reset by itself", device);
	}
}

static void find_returns_the_model_of_the_range(struct kunit *test)
{
	const struct gpupt_model_range *range;
	const struct gpupt_model *want;
	unsigned int device, i;

	for (device = 0; device <= U16_MAX; device++) {
		want = gpupt_model_find(device < 0x1340 ? OLDER_ID : LATER_ID);
		for (i = 0; (range = gpupt_model_range(i)); i++)
			if (device >= range->first && device <= range->last)
				want = range->model;
		if (gpupt_model_find(device) != want)
			KUNIT_FAIL(test, "%04x finds the wrong model", device);
	}
}

/*
 * What a model says apart from its times; offsets are written out, so that a slip in regs.h shows.
 * Sources as in src/model.c.
 */
struct traits {
	enum gpupt_ready ready;
	u32 fsp_reg, wpr2_reg, canary_reg;
	u8 ladder[GPUPT_LADDER_LEN];
	bool firewall, no_bus_reset, bus_by_hand, flr_doubted, hda_enable, by_capability;
};

#define FLR_FIRST	{ GPUPT_RUNG_FLR, GPUPT_RUNG_BUS, GPUPT_RUNG_BUS_LONG, \
			  GPUPT_RUNG_SLOT_POWER, GPUPT_RUNG_RESCAN }
#define NO_FLR		{ GPUPT_RUNG_BUS, GPUPT_RUNG_BUS_LONG, \
			  GPUPT_RUNG_SLOT_POWER, GPUPT_RUNG_RESCAN }
#define BUS_FIRST	{ GPUPT_RUNG_BUS, GPUPT_RUNG_BUS_LONG, GPUPT_RUNG_FLR, \
			  GPUPT_RUNG_SLOT_POWER, GPUPT_RUNG_RESCAN }

static const struct traits before_volta = {
	.ladder = NO_FLR, .canary_reg = 0x15bc, .hda_enable = true,
};

static const struct traits volta = {
	.ladder = NO_FLR, .canary_reg = 0x15d8, .hda_enable = true,
};

static const struct traits turing_to_ada = {
	.ladder = FLR_FIRST, .ready = GPUPT_READY_GFW,
	.canary_reg = 0x1458, .wpr2_reg = 0x1fa828, .hda_enable = true,
};

static const struct traits hopper = {
	.ladder = FLR_FIRST, .ready = GPUPT_READY_FSP, .fsp_reg = 0x200bc,
	.canary_reg = 0x1458, .wpr2_reg = 0x1fa828,
};

static const struct traits gh200 = {
	.ladder = { GPUPT_RUNG_FLR, GPUPT_RUNG_SLOT_POWER },
	.ready = GPUPT_READY_FSP, .fsp_reg = 0x200bc,
	.canary_reg = 0x1458, .wpr2_reg = 0x1fa828, .no_bus_reset = true,
};

static const struct traits gh100_unnamed = {
	.ladder = FLR_FIRST, .ready = GPUPT_READY_FSP, .fsp_reg = 0x200bc,
	.canary_reg = 0x1458, .wpr2_reg = 0x1fa828, .bus_by_hand = true,
};

static const struct traits gb100 = {
	.ladder = FLR_FIRST, .ready = GPUPT_READY_FSP, .fsp_reg = 0x200bc,
	.wpr2_reg = 0x88a828, .firewall = true,
};

static const struct traits gb202 = {
	.ladder = BUS_FIRST, .ready = GPUPT_READY_FSP, .fsp_reg = 0xad00bc,
	.wpr2_reg = 0x88a828, .firewall = true, .flr_doubted = true,
};

static const struct traits gb203 = {
	.ladder = FLR_FIRST, .ready = GPUPT_READY_FSP, .fsp_reg = 0xad00bc,
	.wpr2_reg = 0x88a828, .firewall = true,
};

static const struct traits gb10b = {
	.ladder = { GPUPT_RUNG_FLR }, .no_bus_reset = true,
};

static const struct traits gb20b = {
	.ladder = { GPUPT_RUNG_FLR }, .ready = GPUPT_READY_FSP, .fsp_reg = 0x5e0,
	.no_bus_reset = true,
};

static const struct traits before_kepler = {
	.ladder = FLR_FIRST, .by_capability = true,
};

static const struct traits by_capability = {
	.ladder = FLR_FIRST, .by_capability = true, .bus_by_hand = true,
};

struct card {
	const char *name;
	u16 device;
	const char *family;
	const struct traits *traits;
};

/* IDs: pci.ids 2026-10-24 and OGKM g_nv_name_released.h */
static const struct card cards[] = {
	{ "GTX 650", 0x0fc6, "kepler", &before_volta },
	{ "GRID K1", 0x0ff2, "kepler", &before_volta },
	{ "GTX TITAN", 0x1005, "kepler", &before_volta },
	{ "Tesla K20", 0x101f, "kepler", &before_volta },
	{ "Tesla K40m", 0x1023, "kepler", &before_volta },
	{ "Tesla K80", 0x102d, "kepler", &before_volta },
	{ "GTX 680", 0x1180, "kepler", &before_volta },
	{ "GRID K520", 0x118a, "kepler", &before_volta },
	{ "GTX 660", 0x11c0, "kepler", &before_volta },
	{ "GT 710", 0x128b, "kepler", &before_volta },
	{ "Q12U-1", 0x130b, "kepler", &before_volta },
	{ "GTX 750 Ti", 0x1380, "maxwell", &before_volta },
	{ "Tesla M10", 0x13bd, "maxwell", &before_volta },
	{ "GTX 980", 0x13c0, "maxwell", &before_volta },
	{ "Tesla M60", 0x13f2, "maxwell", &before_volta },
	{ "GTX 960", 0x1401, "maxwell", &before_volta },
	{ "GRID M60", 0x1613, "maxwell", &before_volta },
	{ "Quadro M2200", 0x1676, "maxwell", &before_volta },
	{ "GTX 970M", 0x1618, "maxwell", &before_volta },
	{ "MX130", 0x174d, "maxwell", &before_volta },
	{ "940MX", 0x179c, "maxwell", &before_volta },
	{ "GTX 980 Ti", 0x17c8, "maxwell", &before_volta },
	{ "Tesla M40", 0x17fd, "maxwell", &before_volta },
	{ "CMP 100-100", 0x15c2, "pascal", &before_volta },
	{ "Tesla P100 PCIe 16GB", 0x15f8, "pascal", &before_volta },
	{ "GTX 1080 Ti", 0x1b06, "pascal", &before_volta },
	{ "Tesla P40", 0x1b38, "pascal", &before_volta },
	{ "GTX 1080", 0x1b80, "pascal", &before_volta },
	{ "GTX 1070", 0x1b81, "pascal", &before_volta },
	{ "Tesla P4", 0x1bb3, "pascal", &before_volta },
	{ "GTX 1060 6GB", 0x1c03, "pascal", &before_volta },
	{ "GTX 1050 Ti", 0x1c82, "pascal", &before_volta },
	{ "GT 1030", 0x1d01, "pascal", &before_volta },
	{ "TITAN V", 0x1d81, "volta", &volta },
	{ "Tesla V100 SXM2 16GB", 0x1db1, "volta", &volta },
	{ "Tesla V100 PCIe 16GB", 0x1db4, "volta", &volta },
	{ "Tesla V100S", 0x1df6, "volta", &volta },
	{ "RTX 2080 Ti", 0x1e04, "turing", &turing_to_ada },
	{ "RTX 2080", 0x1e87, "turing", &turing_to_ada },
	{ "Tesla T4", 0x1eb8, "turing", &turing_to_ada },
	{ "RTX 2060", 0x1f08, "turing", &turing_to_ada },
	{ "GTX 1650", 0x1f82, "turing", &turing_to_ada },
	{ "GTX 1660 Ti", 0x2182, "turing", &turing_to_ada },
	{ "A100 SXM4 40GB", 0x20b0, "ampere", &turing_to_ada },
	{ "A30", 0x20b7, "ampere", &turing_to_ada },
	{ "A100 PCIe 40GB", 0x20f1, "ampere", &turing_to_ada },
	{ "RTX 3090", 0x2204, "ampere", &turing_to_ada },
	{ "RTX 3080", 0x2206, "ampere", &turing_to_ada },
	{ "RTX 3080 Ti", 0x2208, "ampere", &turing_to_ada },
	{ "RTX 3080 12GB", 0x220a, "ampere", &turing_to_ada },
	{ "RTX 3080 LHR", 0x2216, "ampere", &turing_to_ada },
	{ "A40", 0x2235, "ampere", &turing_to_ada },
	{ "A10", 0x2236, "ampere", &turing_to_ada },
	{ "RTX 3070", 0x2484, "ampere", &turing_to_ada },
	{ "RTX 3060", 0x2503, "ampere", &turing_to_ada },
	{ "RTX 3050", 0x2507, "ampere", &turing_to_ada },
	{ "A16", 0x25b6, "ampere", &turing_to_ada },
	{ "RTX 4090", 0x2684, "ada", &turing_to_ada },
	{ "L40", 0x26b5, "ada", &turing_to_ada },
	{ "L40S", 0x26b9, "ada", &turing_to_ada },
	{ "RTX 4080", 0x2704, "ada", &turing_to_ada },
	{ "RTX 4070", 0x2786, "ada", &turing_to_ada },
	{ "L4", 0x27b8, "ada", &turing_to_ada },
	{ "RTX 4060 Ti", 0x2803, "ada", &turing_to_ada },
	{ "RTX 4050 Laptop", 0x28a1, "ada", &turing_to_ada },
	{ "H20", 0x2329, "hopper", &hopper },
	{ "H100 SXM5", 0x2330, "hopper", &hopper },
	{ "H100 PCIe", 0x2331, "hopper", &hopper },
	{ "H200 SXM", 0x2335, "hopper", &hopper },
	{ "GH200", 0x2342, "hopper", &gh200 },
	{ "GH200 480GB", 0x2348, "hopper", &gh200 },
	{ "GH100", 0x23b0, "hopper", &gh100_unnamed },
	{ "GH100", 0x23f0, "hopper", &gh100_unnamed },
	{ "B200", 0x2901, "blackwell", &gb100 },
	{ "GB200", 0x2941, "blackwell", &gb100 },
	{ "B300", 0x3182, "blackwell", &gb100 },
	{ "GB300", 0x31c2, "blackwell", &gb100 },
	{ "RTX 5090", 0x2b85, "blackwell", &gb202 },
	{ "RTX 5090 D", 0x2b87, "blackwell", &gb202 },
	{ "RTX PRO 6000", 0x2bb1, "blackwell", &gb202 },
	{ "RTX 5080", 0x2c02, "blackwell", &gb203 },
	{ "RTX 5070 Ti", 0x2c05, "blackwell", &gb203 },
	{ "RTX 5090 Laptop", 0x2c18, "blackwell", &gb203 },
	{ "RTX 5060 Ti", 0x2d04, "blackwell", &gb203 },
	{ "RTX 5050", 0x2d83, "blackwell", &gb203 },
	{ "RTX 5070", 0x2f04, "blackwell", &gb203 },
	{ "Jetson AGX Thor", 0x2b00, "blackwell", &gb10b },
	{ "GB10B", 0x3400, "blackwell", &gb10b },
	{ "RTX Spark N1X", 0x2e03, "blackwell", &gb20b },
	{ "GB10", 0x2e12, "blackwell", &gb20b },
	{ "GB120", 0x3340, "blackwell", &by_capability },
	{ "GR100", 0x3002, "rubin", &by_capability },
	{ "GR102", 0x3080, "rubin", &by_capability },
	{ "Quadro 2000, Fermi", 0x0dd8, "unknown", &before_kepler },
	{ "GTX 580, Fermi", 0x1080, "unknown", &before_kepler },
	{ "Tesla M2090, Fermi", 0x1091, "unknown", &before_kepler },
	{ "GTX 560 Ti, Fermi", 0x1200, "unknown", &before_kepler },
	{ "in a gap of the table", 0x2a00, "unknown", &by_capability },
	{ "later than the table", 0x3fff, "unknown", &by_capability },
	{ "no ID", 0x0000, "unknown", &before_kepler },
	{ "off the bus", 0xffff, "unknown", &by_capability },
};

static void card_desc(const struct card *card, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%04x %s", card->device, card->name);
}

KUNIT_ARRAY_PARAM(card, cards, card_desc);

static void find_card(struct kunit *test)
{
	const struct card *card = test->param_value;
	const struct gpupt_model *model = gpupt_model_find(card->device);
	const struct traits *want = card->traits;
	unsigned int i;

	KUNIT_EXPECT_STREQ(test, model->family, card->family);
	for (i = 0; i < GPUPT_LADDER_LEN; i++)
		KUNIT_EXPECT_STREQ(test, gpupt_rung_name(model->ladder[i]),
				   gpupt_rung_name(want->ladder[i]));
	KUNIT_EXPECT_EQ(test, model->ready, want->ready);
	KUNIT_EXPECT_EQ(test, model->fsp_reg, want->fsp_reg);
	KUNIT_EXPECT_EQ(test, model->wpr2_reg, want->wpr2_reg);
	KUNIT_EXPECT_EQ(test, model->canary_reg, want->canary_reg);
	KUNIT_EXPECT_EQ(test, model->firewall_ms != 0, want->firewall);
	KUNIT_EXPECT_EQ(test, model->no_bus_reset, want->no_bus_reset);
	KUNIT_EXPECT_EQ(test, model->bus_by_hand, want->bus_by_hand);
	KUNIT_EXPECT_EQ(test, model->flr_doubted, want->flr_doubted);
	KUNIT_EXPECT_EQ(test, model->hda_enable, want->hda_enable);
	KUNIT_EXPECT_EQ(test, model->by_capability, want->by_capability);
}

struct block {
	u16 first, last;
	const char *family;
};

/* Where one model begins and ends; written a second time, since a border moves by a slip. */
static const struct block blocks[] = {
	{ 0x0fc0, 0x103f, "kepler" },
	{ 0x1180, 0x11ff, "kepler" },
	{ 0x1280, 0x12bf, "kepler" },
	{ 0x1300, 0x133f, "kepler" },
	{ 0x1340, 0x143f, "maxwell" },
	{ 0x1580, 0x15ff, "pascal" },
	{ 0x1600, 0x167f, "maxwell" },
	{ 0x1720, 0x172f, "pascal" },
	{ 0x1740, 0x174f, "maxwell" },
	{ 0x1780, 0x179f, "maxwell" },
	{ 0x17c0, 0x17ff, "maxwell" },
	{ 0x1b00, 0x1d7f, "pascal" },
	{ 0x1d80, 0x1dff, "volta" },
	{ 0x1e00, 0x1fff, "turing" },
	{ 0x2080, 0x20ff, "ampere" },
	{ 0x2180, 0x21ff, "turing" },
	{ 0x2200, 0x227f, "ampere" },
	{ 0x2300, 0x233f, "hopper" },
	{ 0x2340, 0x237f, "hopper" },
	{ 0x2380, 0x23ff, "hopper" },
	{ 0x2400, 0x25ff, "ampere" },
	{ 0x2680, 0x28ff, "ada" },
	{ 0x2900, 0x29ff, "blackwell" },
	{ 0x2b00, 0x2b7f, "blackwell" },
	{ 0x2b80, 0x2bff, "blackwell" },
	{ 0x2c00, 0x2c7f, "blackwell" },
	{ 0x2d00, 0x2dff, "blackwell" },
	{ 0x2e00, 0x2e7f, "blackwell" },
	{ 0x2f00, 0x2f7f, "blackwell" },
	{ 0x3000, 0x30ff, "rubin" },
	{ 0x3180, 0x327f, "blackwell" },
	{ 0x3300, 0x337f, "blackwell" },
	{ 0x3400, 0x347f, "blackwell" },
};

static void block_desc(const struct block *block, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%04x-%04x %s", block->first, block->last,
		 block->family);
}

KUNIT_ARRAY_PARAM(block, blocks, block_desc);

static void find_block(struct kunit *test)
{
	const struct block *block = test->param_value;
	const struct gpupt_model *model = gpupt_model_find(block->first);

	KUNIT_EXPECT_STREQ(test, model->family, block->family);
	KUNIT_EXPECT_PTR_EQ(test, gpupt_model_find(block->last), model);
	KUNIT_EXPECT_PTR_NE(test, gpupt_model_find(block->first - 1), model);
	KUNIT_EXPECT_PTR_NE(test, gpupt_model_find(block->last + 1), model);
}

struct boot0_case {
	const char *name;
	u16 device;
	u32 boot0;
};

/* Values of real cards: GAT. The others are made of the chipset numbers of nouveau. */
static const struct boot0_case boot0_cases[] = {
	{ "K520", 0x118a, 0x0e40a0a2 },
	{ "K80", 0x102d, 0x0f22d0a1 },
	{ "GK208, made", 0x128b, 0x106000a1 },
	{ "GM107, made", 0x1380, 0x117000a2 },
	{ "M60", 0x13f2, 0x124320a1 },
	{ "P100", 0x15f8, 0x130000a1 },
	{ "P40", 0x1b38, 0x132000a1 },
	{ "P4", 0x1bb3, 0x134000a1 },
	{ "V100", 0x1db4, 0x140000a1 },
	{ "T4", 0x1eb8, 0x164000a1 },
	{ "TU117, made", 0x1f82, 0x167000a1 },
	{ "TU116, made", 0x2182, 0x168000a1 },
	{ "A100 and A30", 0x20b0, 0x170000a1 },
	{ "A10, high bits set", 0x2236, 0xb72000a1 },
	{ "A16, high bits set", 0x25b6, 0xb77000a1 },
	{ "L4", 0x27b8, 0x194000a1 },
	{ "L40S", 0x26b9, 0x192000a1 },
	{ "GH100, made", 0x2331, 0x180000a1 },
	{ "GH100 with Grace, made", 0x2342, 0x180000a1 },
	{ "GB100, made", 0x2901, 0x1a0000a1 },
	{ "GB102, made", 0x2981, 0x1a2000a1 },
	{ "GB10B, made", 0x2b00, 0x1ab000a1 },
	{ "GB20B, made", 0x2e12, 0x1bb000a1 },
	{ "GB202, made", 0x2b85, 0x1b2000a1 },
	{ "GB203, made", 0x2c05, 0x1b3000a1 },
	{ "GB205, made", 0x2f04, 0x1b5000a1 },
	{ "GB206, made", 0x2d04, 0x1b6000a1 },
	{ "GB207, made", 0x2d83, 0x1b7000a1 },
};

static void boot0_desc(const struct boot0_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s, %08x", c->name, c->boot0);
}

KUNIT_ARRAY_PARAM(boot0, boot0_cases, boot0_desc);

static void knows_boot0_of_its_own(struct kunit *test)
{
	const struct boot0_case *c = test->param_value;
	const struct gpupt_model *own = gpupt_model_find(c->device);
	const struct gpupt_model_range *range;
	unsigned int i;

	KUNIT_EXPECT_TRUE(test, gpupt_model_knows_boot0(own, c->boot0));
	KUNIT_EXPECT_TRUE(test, gpupt_model_knows_boot0(gpupt_model_find(LATER_ID), c->boot0));
	KUNIT_EXPECT_TRUE(test, gpupt_model_knows_boot0(gpupt_model_find(OLDER_ID), c->boot0));
	for (i = 0; (range = gpupt_model_range(i)); i++)
		if (strcmp(range->model->family, own->family) && !range->model->by_capability)
			KUNIT_EXPECT_FALSE_MSG(test,
					       gpupt_model_knows_boot0(range->model, c->boot0),
					       "%04x takes it for its own", range->first);
}

static void knows_boot0_tells_data_centre_blackwell(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, gpupt_model_knows_boot0(gpupt_model_find(0x2b85), 0x1a0000a1));
	KUNIT_EXPECT_FALSE(test, gpupt_model_knows_boot0(gpupt_model_find(0x2c05), 0x1a2000a1));
	KUNIT_EXPECT_FALSE(test, gpupt_model_knows_boot0(gpupt_model_find(0x2901), 0x1b2000a1));
}

static const u32 not_boot0[] = {
	0x00000000, 0xffffffff, 0xbadf1100, 0xbadf5040, 0xbadf0200, 0xbad00200, 0xbad0fb01,
};

static void knows_boot0_refuses_error_patterns(struct kunit *test)
{
	const struct gpupt_model_range *range;
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(not_boot0); i++) {
		KUNIT_EXPECT_FALSE_MSG(test, gpupt_model_knows_boot0(gpupt_model_find(LATER_ID),
								     not_boot0[i]),
				       "%08x", not_boot0[i]);
		for (j = 0; (range = gpupt_model_range(j)); j++)
			KUNIT_EXPECT_FALSE_MSG(test, gpupt_model_knows_boot0(range->model,
									     not_boot0[i]),
					       "%04x, %08x", range->first, not_boot0[i]);
	}
}

/* 0x3f: garbage, seen on a card that was falling off the bus (tinygrad #15843) */
static void knows_boot0_refuses_garbage(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, gpupt_model_knows_boot0(gpupt_model_find(0x2236), 0x3f0000a1));
}

/* Cards to come have bit 8 set and refer to PMC_BOOT_42 (mail on nova-core, 2025-10-29). */
static void knows_boot0_counts_bit_8(struct kunit *test)
{
	const struct gpupt_model_range *range;
	unsigned int i;

	for (i = 0; (range = gpupt_model_range(i)); i++) {
		u32 boot0 = range->model->arch_first << 24 | 0xa1;

		if (range->model->by_capability) {
			KUNIT_EXPECT_TRUE(test, gpupt_model_knows_boot0(range->model, 0x000001a1));
			continue;
		}
		KUNIT_EXPECT_TRUE(test, gpupt_model_knows_boot0(range->model, boot0));
		KUNIT_EXPECT_FALSE(test, gpupt_model_knows_boot0(range->model, boot0 | BIT(8)));
		KUNIT_EXPECT_FALSE(test, gpupt_model_knows_boot0(range->model, 0x000001a1));
	}
	KUNIT_EXPECT_TRUE(test, gpupt_model_knows_boot0(gpupt_model_find(LATER_ID), 0x000001a1));
}

static void is_sec_fault_is_exact(struct kunit *test)
{
	static const u32 others[] = {
		0, 0xffffffff, 0x164000a1, 0xbadf0201, 0xbadf0100, 0xbadf1100, 0xbad00100,
		0xbad00201, 0x0badf020,
	};
	unsigned int i;

	KUNIT_EXPECT_TRUE(test, gpupt_model_is_sec_fault(0xbadf0200));
	KUNIT_EXPECT_TRUE(test, gpupt_model_is_sec_fault(0xbad00200));
	for (i = 0; i < ARRAY_SIZE(others); i++)
		KUNIT_EXPECT_FALSE_MSG(test, gpupt_model_is_sec_fault(others[i]), "%08x",
				       others[i]);
}

static void rung_words_come_back(struct kunit *test)
{
	static const char * const words[] = {
		[GPUPT_RUNG_FLR] = "flr",
		[GPUPT_RUNG_BUS] = "bus",
		[GPUPT_RUNG_BUS_LONG] = "bus-long",
		[GPUPT_RUNG_SLOT_POWER] = "slot-power",
		[GPUPT_RUNG_RESCAN] = "rescan",
	};
	unsigned int rung;

	KUNIT_ASSERT_EQ(test, ARRAY_SIZE(words), GPUPT_RUNG_COUNT);
	for (rung = GPUPT_RUNG_NONE + 1; rung < GPUPT_RUNG_COUNT; rung++) {
		char line[32];

		KUNIT_EXPECT_STREQ(test, gpupt_rung_name(rung), words[rung]);
		KUNIT_EXPECT_EQ(test, gpupt_rung_parse(words[rung]), rung);
		snprintf(line, sizeof(line), "%s\n", words[rung]);
		KUNIT_EXPECT_EQ(test, gpupt_rung_parse(line), rung);
	}
}

static void rung_name_of_no_rung_is_none(struct kunit *test)
{
	KUNIT_EXPECT_STREQ(test, gpupt_rung_name(GPUPT_RUNG_NONE), "none");
	KUNIT_EXPECT_STREQ(test, gpupt_rung_name(GPUPT_RUNG_COUNT), "none");
	KUNIT_EXPECT_STREQ(test, gpupt_rung_name(UINT_MAX), "none");
}

static void rung_parse_refuses_other_words(struct kunit *test)
{
	static const char * const words[] = {
		"", "\n", "none", "1", "FLR", "fl", "flrx", " flr", "flr ", "flr\n\n", "flr bus",
		"\xff\xff", "bus-", "bus_long", "slot", "power", "%s%n",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		KUNIT_EXPECT_EQ_MSG(test, gpupt_rung_parse(words[i]), GPUPT_RUNG_NONE, "'%s'",
				    words[i]);
}

static struct kunit_case model_cases[] = {
	KUNIT_CASE(table_models_are_complete),
	KUNIT_CASE(table_is_sorted_and_disjoint),
	KUNIT_CASE(table_families_share_no_architecture),
	KUNIT_CASE(table_ends_in_no_range),
	KUNIT_CASE(unknown_models_infer_nothing),
	KUNIT_CASE(find_is_wary_of_what_is_not_known),
	KUNIT_CASE(find_returns_the_model_of_the_range),
	KUNIT_CASE_PARAM(find_card, card_gen_params),
	KUNIT_CASE_PARAM(find_block, block_gen_params),
	KUNIT_CASE_PARAM(knows_boot0_of_its_own, boot0_gen_params),
	KUNIT_CASE(knows_boot0_tells_data_centre_blackwell),
	KUNIT_CASE(knows_boot0_refuses_error_patterns),
	KUNIT_CASE(knows_boot0_refuses_garbage),
	KUNIT_CASE(knows_boot0_counts_bit_8),
	KUNIT_CASE(is_sec_fault_is_exact),
	KUNIT_CASE(rung_words_come_back),
	KUNIT_CASE(rung_name_of_no_rung_is_none),
	KUNIT_CASE(rung_parse_refuses_other_words),
	{}
};

static struct kunit_suite model_suite = {
	.name = "gpupt_reset_model",
	.test_cases = model_cases,
};

kunit_test_suite(model_suite);

MODULE_DESCRIPTION("KUnit tests of gpupt_reset");
MODULE_LICENSE("GPL");
