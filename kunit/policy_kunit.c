// SPDX-License-Identifier: GPL-2.0
/* Which rungs a card may use, for every combination of facts. */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/string.h>

#include "gpupt/policy.h"

#define LADDER(...)	{ __VA_ARGS__ }

/* Both rungs, in the other order: the ladder follows the row, not the order of the enum. */
static const struct gpupt_model bus_first = {
	.family = "test", .ladder = { GPUPT_RUNG_BUS, GPUPT_RUNG_FLR },
};

static const struct gpupt_model flr_only = {
	.family = "test", .ladder = { GPUPT_RUNG_FLR },
};

static const struct gpupt_model both = {
	.family = "test", .ladder = { GPUPT_RUNG_FLR, GPUPT_RUNG_BUS },
};

struct verdict {
	const char *name;
	const struct gpupt_model *model;
	struct gpupt_facts facts;
	u8 ladder[GPUPT_LADDER_LEN];
};

static const struct verdict verdicts[] = {
	{ "flr and bus", &both, { .flr = true, .port = true },
	  LADDER(GPUPT_RUNG_FLR, GPUPT_RUNG_BUS) },
	{ "order of the row", &bus_first, { .flr = true, .port = true },
	  LADDER(GPUPT_RUNG_BUS, GPUPT_RUNG_FLR) },
	{ "a rung the row lacks", &flr_only, { .flr = true, .port = true },
	  LADDER(GPUPT_RUNG_FLR) },
	{ "no FLR (P40, some T4)", &both, { .port = true },
	  LADDER(GPUPT_RUNG_BUS) },
	{ "no port above", &both, { .flr = true },
	  LADDER(GPUPT_RUNG_FLR) },
	{ "bus reset broken (GH200, GB10)", &both,
	  { .flr = true, .port = true, .bus_reset_broken = true },
	  LADDER(GPUPT_RUNG_FLR) },
	{ "another card on the bus", &both, { .flr = true, .port = true, .bus_shared = true },
	  LADDER(GPUPT_RUNG_FLR) },
	{ "nothing left: broken", &both, { .port = true, .bus_reset_broken = true },
	  LADDER(GPUPT_RUNG_NONE) },
	{ "nothing left: shared", &both, { .port = true, .bus_shared = true },
	  LADDER(GPUPT_RUNG_NONE) },
	{ "nothing left: no port", &bus_first, { },
	  LADDER(GPUPT_RUNG_NONE) },
};

static void verdict_desc(const struct verdict *v, char *desc)
{
	strscpy(desc, v->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(verdict, verdicts, verdict_desc);

static void ladder_holds(struct kunit *test)
{
	const struct verdict *v = test->param_value;
	u8 ladder[GPUPT_LADDER_LEN];
	unsigned int rungs, i;

	memset(ladder, 0xa5, sizeof(ladder));
	rungs = gpupt_policy_ladder(v->model, &v->facts, ladder);
	for (i = 0; i < GPUPT_LADDER_LEN; i++)
		KUNIT_EXPECT_EQ_MSG(test, ladder[i], v->ladder[i], "rung %u", i);
	for (i = 0; i < GPUPT_LADDER_LEN && v->ladder[i]; i++)
		;
	KUNIT_EXPECT_EQ(test, rungs, i);
}

static bool ladder_has(const u8 *ladder, u8 rung)
{
	return memchr(ladder, rung, GPUPT_LADDER_LEN);
}

static void ladder_offers_what_row_and_facts_allow(struct kunit *test)
{
	const struct gpupt_model *row;
	unsigned int index, bits, i;

	for (index = 0; (row = gpupt_model_row(index)); index++) {
		for (bits = 0; bits < 16; bits++) {
			struct gpupt_facts facts = {
				.flr = bits & 1, .port = bits & 2,
				.bus_reset_broken = bits & 4, .bus_shared = bits & 8,
			};
			bool flr = false, bus = false;
			u8 ladder[GPUPT_LADDER_LEN];
			unsigned int rungs;

			rungs = gpupt_policy_ladder(row, &facts, ladder);
			KUNIT_ASSERT_LT(test, rungs, GPUPT_LADDER_LEN);
			KUNIT_EXPECT_EQ(test, ladder[rungs], GPUPT_RUNG_NONE);
			for (i = 0; i < rungs; i++) {
				flr |= ladder[i] == GPUPT_RUNG_FLR;
				bus |= ladder[i] == GPUPT_RUNG_BUS;
			}
			KUNIT_EXPECT_EQ(test, flr, facts.flr &&
					ladder_has(row->ladder, GPUPT_RUNG_FLR));
			KUNIT_EXPECT_EQ(test, bus, (bits & 14) == 2 &&
					ladder_has(row->ladder, GPUPT_RUNG_BUS));
		}
	}
}

static void single_keeps_only_that_rung(struct kunit *test)
{
	u8 ladder[GPUPT_LADDER_LEN] = { GPUPT_RUNG_FLR, GPUPT_RUNG_BUS };

	KUNIT_EXPECT_EQ(test, gpupt_policy_single(ladder, GPUPT_RUNG_BUS), 0);
	KUNIT_EXPECT_EQ(test, ladder[0], GPUPT_RUNG_BUS);
	KUNIT_EXPECT_EQ(test, ladder[1], GPUPT_RUNG_NONE);
}

static void single_refuses_a_rung_not_allowed(struct kunit *test)
{
	static const u8 wanted[] = { GPUPT_RUNG_FLR, GPUPT_RUNG_NONE, GPUPT_RUNG_COUNT };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(wanted); i++) {
		u8 ladder[GPUPT_LADDER_LEN] = { GPUPT_RUNG_BUS };

		KUNIT_EXPECT_EQ(test, gpupt_policy_single(ladder, wanted[i]), -EOPNOTSUPP);
		KUNIT_EXPECT_EQ(test, ladder[0], GPUPT_RUNG_BUS);
		KUNIT_EXPECT_EQ(test, ladder[1], GPUPT_RUNG_NONE);
	}
}

static void single_refuses_an_empty_ladder(struct kunit *test)
{
	u8 ladder[GPUPT_LADDER_LEN] = { };

	KUNIT_EXPECT_EQ(test, gpupt_policy_single(ladder, GPUPT_RUNG_FLR), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, ladder[0], GPUPT_RUNG_NONE);
}

static struct kunit_case policy_cases[] = {
	KUNIT_CASE_PARAM(ladder_holds, verdict_gen_params),
	KUNIT_CASE(ladder_offers_what_row_and_facts_allow),
	KUNIT_CASE(single_keeps_only_that_rung),
	KUNIT_CASE(single_refuses_a_rung_not_allowed),
	KUNIT_CASE(single_refuses_an_empty_ladder),
	{}
};

static struct kunit_suite policy_suite = {
	.name = "gpupt_reset_policy",
	.test_cases = policy_cases,
};

kunit_test_suite(policy_suite);
