/* SPDX-License-Identifier: GPL-2.0 */
/**
 * DOC: Policy
 *
 * Pure decisions: facts in, verdict out. No struct pci_dev, no locks.
 */
#ifndef GPUPT_POLICY_H
#define GPUPT_POLICY_H

#include <linux/types.h>

#include "gpupt/model.h"

/**
 * struct gpupt_facts - what decides which rungs a card may use
 * @flr: the GPU function's Device Capabilities offer FLR, and no quirk of the
 *	kernel forbids it
 * @port: there is a port above the card
 * @bus_reset_broken: the kernel marked the card or its port as not to be bus
 *	reset (GH200, the root ports of GB10)
 * @bus_shared: the port's bus has functions of other cards
 */
struct gpupt_facts {
	bool flr;
	bool port;
	bool bus_reset_broken;
	bool bus_shared;
};

/**
 * gpupt_policy_ladder() - rungs that a card may use
 * @model: row of the card
 * @facts: what was found out about it
 * @ladder: GPUPT_LADDER_LEN entries, filled with the rungs in order and ended
 *	by GPUPT_RUNG_NONE
 *
 * Context: any.
 * Return: number of rungs.
 */
unsigned int gpupt_policy_ladder(const struct gpupt_model *model, const struct gpupt_facts *facts,
				 u8 *ladder);

/**
 * gpupt_policy_single() - narrow a ladder down to one rung of it
 * @ladder: as gpupt_policy_ladder() filled it
 * @rung: the one wanted
 *
 * Context: any.
 * Return: 0, or -EOPNOTSUPP when the card may not use @rung; @ladder is then
 * unchanged.
 */
int gpupt_policy_single(u8 *ladder, enum gpupt_rung rung);

#endif /* GPUPT_POLICY_H */
