// SPDX-License-Identifier: GPL-2.0
/* Which rungs a card may use, from facts alone. */
#include <linux/errno.h>
#include <linux/string.h>

#include "gpupt/policy.h"

static bool bus_reset_allowed(const struct gpupt_model *model, const struct gpupt_facts *facts)
{
	return facts->port && !facts->bus_reset_broken && !facts->bus_shared &&
	       !model->no_bus_reset;
}

static bool resets_bus(unsigned int rung)
{
	return rung == GPUPT_RUNG_BUS || rung == GPUPT_RUNG_BUS_LONG;
}

static bool takes_off_bus(unsigned int rung)
{
	return rung == GPUPT_RUNG_SLOT_POWER || rung == GPUPT_RUNG_RESCAN;
}

static bool allowed(const struct gpupt_model *model, const struct gpupt_facts *facts,
		    enum gpupt_rung rung)
{
	switch (rung) {
	case GPUPT_RUNG_FLR:
		return facts->flr && (!model->flr_doubted || facts->flr_wanted);
	case GPUPT_RUNG_BUS:
	case GPUPT_RUNG_BUS_LONG:
		return bus_reset_allowed(model, facts);
	case GPUPT_RUNG_RESCAN:
		/* It has a bus reset in it. */
		return bus_reset_allowed(model, facts) && !facts->no_override;
	case GPUPT_RUNG_SLOT_POWER:
		return facts->port && facts->slot_power && !facts->bus_shared &&
		       !facts->no_override;
	default:
		return false;
	}
}

unsigned int gpupt_policy_ladder(const struct gpupt_model *model, const struct gpupt_facts *facts,
				 u8 *ladder)
{
	unsigned int i, n = 0;

	memset(ladder, GPUPT_RUNG_NONE, GPUPT_LADDER_LEN);
	for (i = 0; i < GPUPT_LADDER_LEN && model->ladder[i]; i++)
		if (allowed(model, facts, model->ladder[i]))
			ladder[n++] = model->ladder[i];
	return n;
}

unsigned int gpupt_policy_unasked(const struct gpupt_model *model, u8 *ladder)
{
	unsigned int i, n = 0;

	for (i = 0; i < GPUPT_LADDER_LEN && ladder[i]; i++)
		if (!takes_off_bus(ladder[i]) && (!model->bus_by_hand || !resets_bus(ladder[i])))
			ladder[n++] = ladder[i];
	memset(ladder + n, GPUPT_RUNG_NONE, GPUPT_LADDER_LEN - n);
	return n;
}

bool gpupt_policy_has(const u8 *ladder, enum gpupt_rung rung)
{
	unsigned int i;

	for (i = 0; i < GPUPT_LADDER_LEN && ladder[i]; i++)
		if (ladder[i] == rung)
			return true;
	return false;
}

int gpupt_policy_single(u8 *ladder, enum gpupt_rung rung)
{
	if (!gpupt_policy_has(ladder, rung))
		return -EOPNOTSUPP;
	memset(ladder, GPUPT_RUNG_NONE, GPUPT_LADDER_LEN);
	ladder[0] = rung;
	return 0;
}
