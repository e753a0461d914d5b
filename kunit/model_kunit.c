// SPDX-License-Identifier: GPL-2.0
/* The model table is sound, finds real cards, and tells a register from an error pattern. */
#include <kunit/test.h>
#include <linux/ctype.h>
#include <linux/string.h>

#include "gpupt/model.h"

/* A whole reset, every rung of it, ends within this: PCI holds locks meanwhile. */
#define LONGEST_RESET_MS	60000

/* An FLR or bus reset may leave a function unready for this long (PCIe 6.0, 2.3.1). */
#define SHORTEST_CONFIG_MS	1000

/* NVIDIA's driver waits this long for the firmware (OGKM gpuWaitForGfwBootComplete_TU102). */
#define SHORTEST_GFW_MS		2050

static void check_row(struct kunit *test, const struct gpupt_model *row)
{
	unsigned int seen = 0, rungs = 0, i;

	for (i = 0; i < GPUPT_LADDER_LEN && row->ladder[i]; i++) {
		KUNIT_EXPECT_LT(test, row->ladder[i], (u8)GPUPT_RUNG_COUNT);
		KUNIT_EXPECT_FALSE_MSG(test, seen & BIT(row->ladder[i]), "%04x: %s twice",
				       row->device_first, gpupt_rung_name(row->ladder[i]));
		seen |= BIT(row->ladder[i]);
		rungs++;
	}
	KUNIT_EXPECT_GT_MSG(test, rungs, 0U, "%04x: no rung", row->device_first);
	KUNIT_EXPECT_LT_MSG(test, i, GPUPT_LADDER_LEN, "%04x: no end", row->device_first);

	KUNIT_EXPECT_GE(test, row->config_ms, SHORTEST_CONFIG_MS);
	KUNIT_EXPECT_GT(test, row->bar0_ms, 0);
	if (row->ready == GPUPT_READY_GFW)
		KUNIT_EXPECT_GE(test, row->boot_ms, SHORTEST_GFW_MS);
	KUNIT_EXPECT_LE(test, rungs * (row->config_ms + row->bar0_ms + row->boot_ms),
			LONGEST_RESET_MS);
}

static void table_rows_are_complete(struct kunit *test)
{
	const struct gpupt_model *row;
	unsigned int i, c;

	for (i = 0; (row = gpupt_model_row(i)); i++) {
		check_row(test, row);
		KUNIT_ASSERT_NOT_NULL(test, row->family);
		KUNIT_EXPECT_GT(test, strlen(row->family), 0);
		for (c = 0; row->family[c]; c++)
			KUNIT_EXPECT_TRUE(test, islower(row->family[c]));
		KUNIT_EXPECT_STRNEQ(test, row->family, "unknown");
		KUNIT_EXPECT_NE_MSG(test, row->arch, 0, "%04x: architecture not checked",
				    row->device_first);
	}
	KUNIT_EXPECT_GT(test, i, 0U);
}

static void table_is_sorted_and_disjoint(struct kunit *test)
{
	const struct gpupt_model *row, *before = NULL;
	unsigned int i;

	for (i = 0; (row = gpupt_model_row(i)); i++) {
		KUNIT_EXPECT_LE(test, row->device_first, row->device_last);
		if (before)
			KUNIT_EXPECT_LT(test, before->device_last, row->device_first);
		before = row;
	}
}

static void table_rows_of_a_family_agree(struct kunit *test)
{
	const struct gpupt_model *a, *b;
	unsigned int i, j;

	for (i = 0; (a = gpupt_model_row(i)); i++) {
		for (j = i + 1; (b = gpupt_model_row(j)); j++) {
			bool same = !strcmp(a->family, b->family);

			KUNIT_EXPECT_EQ_MSG(test, a->arch == b->arch, same, "%04x, %04x",
					    a->device_first, b->device_first);
			if (same)
				KUNIT_EXPECT_EQ(test, a->ready, b->ready);
		}
	}
}

static void table_ends_in_no_row(struct kunit *test)
{
	unsigned int rows = 0;

	while (gpupt_model_row(rows))
		rows++;
	KUNIT_EXPECT_NULL(test, gpupt_model_row(rows + 1));
	KUNIT_EXPECT_NULL(test, gpupt_model_row(UINT_MAX));
}

static void unknown_row_infers_nothing(struct kunit *test)
{
	const struct gpupt_model *row = gpupt_model_unknown();

	KUNIT_ASSERT_NOT_NULL(test, row);
	check_row(test, row);
	KUNIT_EXPECT_STREQ(test, row->family, "unknown");
	KUNIT_EXPECT_EQ(test, row->arch, 0);
	KUNIT_EXPECT_EQ(test, row->ready, GPUPT_READY_BOOT0);
}

static void find_returns_the_row_that_covers(struct kunit *test)
{
	const struct gpupt_model *row, *want;
	unsigned int device, i;

	for (device = 0; device <= U16_MAX; device++) {
		want = gpupt_model_unknown();
		for (i = 0; (row = gpupt_model_row(i)); i++)
			if (device >= row->device_first && device <= row->device_last)
				want = row;
		if (gpupt_model_find(device) != want)
			KUNIT_FAIL(test, "%04x finds the wrong row", device);
	}
}

struct card {
	const char *name;
	u16 device;
	const char *family;
};

/* IDs: pci.ids 2023-04-11 and OGKM g_nv_name_released.h */
static const struct card cards[] = {
	{ "Tesla P100 PCIe 16GB", 0x15f8, "pascal" },
	{ "GTX 1080 Ti", 0x1b06, "pascal" },
	{ "Tesla P40", 0x1b38, "pascal" },
	{ "GTX 1080", 0x1b80, "pascal" },
	{ "GTX 1070", 0x1b81, "pascal" },
	{ "Tesla P4", 0x1bb3, "pascal" },
	{ "GTX 1060 6GB", 0x1c03, "pascal" },
	{ "GTX 1050 Ti", 0x1c82, "pascal" },
	{ "GT 1030", 0x1d01, "pascal" },
	{ "RTX 2080 Ti", 0x1e04, "turing" },
	{ "RTX 2080", 0x1e87, "turing" },
	{ "Tesla T4", 0x1eb8, "turing" },
	{ "RTX 2060", 0x1f08, "turing" },
	{ "GTX 1650", 0x1f82, "turing" },
	{ "GTX 1660 Ti", 0x2182, "turing" },
	{ "A100 SXM4 40GB", 0x20b0, "ampere" },
	{ "A30", 0x20b7, "ampere" },
	{ "A100 PCIe 40GB", 0x20f1, "ampere" },
	{ "RTX 3090", 0x2204, "ampere" },
	{ "RTX 3080", 0x2206, "ampere" },
	{ "RTX 3080 Ti", 0x2208, "ampere" },
	{ "RTX 3080 12GB", 0x220a, "ampere" },
	{ "RTX 3080 LHR", 0x2216, "ampere" },
	{ "A10", 0x2236, "ampere" },
	{ "RTX 3070", 0x2484, "ampere" },
	{ "RTX 3060", 0x2503, "ampere" },
	{ "RTX 3050", 0x2507, "ampere" },
	{ "A16", 0x25b6, "ampere" },
	{ "Tesla K80", 0x102d, "unknown" },
	{ "Tesla M60", 0x13f2, "unknown" },
	{ "Tesla V100", 0x1db1, "unknown" },
	{ "H100 PCIe", 0x2331, "unknown" },
	{ "RTX 4090", 0x2684, "unknown" },
	{ "RTX 5090", 0x2b85, "unknown" },
	{ "no ID", 0x0000, "unknown" },
	{ "off the bus", 0xffff, "unknown" },
};

static void card_desc(const struct card *card, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%04x %s", card->device, card->name);
}

KUNIT_ARRAY_PARAM(card, cards, card_desc);

static void find_card(struct kunit *test)
{
	const struct card *card = test->param_value;
	const struct gpupt_model *row = gpupt_model_find(card->device);

	KUNIT_EXPECT_STREQ(test, row->family, card->family);
	if (!strcmp(card->family, "pascal")) {
		/* no FLR and no firmware boot before Turing (OGKM kernel_bif_gm107.c) */
		KUNIT_EXPECT_EQ(test, row->ready, GPUPT_READY_BOOT0);
		KUNIT_EXPECT_EQ(test, row->ladder[0], GPUPT_RUNG_BUS);
		return;
	}
	/* the gentler rung first: it leaves the other functions alone */
	KUNIT_EXPECT_EQ(test, row->ladder[0], GPUPT_RUNG_FLR);
	KUNIT_EXPECT_EQ(test, row->ladder[1], GPUPT_RUNG_BUS);
	if (strcmp(card->family, "unknown"))
		KUNIT_EXPECT_EQ(test, row->ready, GPUPT_READY_GFW);
}

struct boot0_case {
	const char *name;
	u16 device;
	u32 boot0;
	bool known;
};

/* Values of real cards: NVIDIA gpu-admin-tools */
static const struct boot0_case boot0_cases[] = {
	{ "P40", 0x1b38, 0x132000a1, true },
	{ "P4", 0x1bb3, 0x134000a1, true },
	{ "P100", 0x15f8, 0x130000a1, true },
	{ "T4", 0x1eb8, 0x164000a1, true },
	{ "A100", 0x20b0, 0x170000a1, true },
	{ "A10, high bits set", 0x2236, 0xb72000a1, true },
	{ "A16, high bits set", 0x25b6, 0xb77000a1, true },
	{ "P40 that answers as A100", 0x1b38, 0x170000a1, false },
	{ "A10 that answers as T4", 0x2236, 0x164000a1, false },
	{ "T4 that answers as P40", 0x1eb8, 0x132000a1, false },
	{ "P40 off the bus", 0x1b38, 0xffffffff, false },
	{ "P40 reads zero", 0x1b38, 0, false },
	{ "A10 off the bus", 0x2236, 0xffffffff, false },
	{ "A10 PRI error", 0x2236, 0xbadf1100, false },
	{ "A10 SEC fault", 0x2236, 0xbadf0200, false },
	{ "A10 SEC fault, other form", 0x2236, 0xbad00200, false },
	{ "A10 garbage architecture", 0x2236, 0x3f0000a1, false },
	{ "unknown, any architecture", 0x2684, 0x192000a1, true },
	{ "unknown off the bus", 0x2684, 0xffffffff, false },
	{ "unknown reads zero", 0x2684, 0, false },
	{ "unknown PRI error", 0x2684, 0xbadf5040, false },
	{ "unknown SEC fault, other form", 0x2684, 0xbad00200, false },
};

static void boot0_desc(const struct boot0_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s, %08x", c->name, c->boot0);
}

KUNIT_ARRAY_PARAM(boot0, boot0_cases, boot0_desc);

static void knows_boot0(struct kunit *test)
{
	const struct boot0_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, gpupt_model_knows_boot0(gpupt_model_find(c->device), c->boot0),
			c->known);
}

static void rung_words_come_back(struct kunit *test)
{
	unsigned int rung;

	for (rung = GPUPT_RUNG_NONE + 1; rung < GPUPT_RUNG_COUNT; rung++) {
		const char *word = gpupt_rung_name(rung);
		char line[32];

		KUNIT_ASSERT_NOT_NULL(test, word);
		KUNIT_EXPECT_STRNEQ(test, word, "none");
		KUNIT_EXPECT_EQ(test, gpupt_rung_parse(word), rung);
		snprintf(line, sizeof(line), "%s\n", word);
		KUNIT_EXPECT_EQ(test, gpupt_rung_parse(line), rung);
	}
	KUNIT_EXPECT_EQ(test, gpupt_rung_parse("flr"), GPUPT_RUNG_FLR);
	KUNIT_EXPECT_EQ(test, gpupt_rung_parse("bus"), GPUPT_RUNG_BUS);
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
		"\xff\xff", "bus-long", "%s%n",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		KUNIT_EXPECT_EQ_MSG(test, gpupt_rung_parse(words[i]), GPUPT_RUNG_NONE, "'%s'",
				    words[i]);
}

static struct kunit_case model_cases[] = {
	KUNIT_CASE(table_rows_are_complete),
	KUNIT_CASE(table_is_sorted_and_disjoint),
	KUNIT_CASE(table_rows_of_a_family_agree),
	KUNIT_CASE(table_ends_in_no_row),
	KUNIT_CASE(unknown_row_infers_nothing),
	KUNIT_CASE(find_returns_the_row_that_covers),
	KUNIT_CASE_PARAM(find_card, card_gen_params),
	KUNIT_CASE_PARAM(knows_boot0, boot0_gen_params),
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
