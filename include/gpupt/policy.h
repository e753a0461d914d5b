/* SPDX-License-Identifier: GPL-2.0 */
/**
 * DOC: Policy
 *
 * Pure decisions: facts in, verdict out. No struct pci_dev, no locks.
 */
#ifndef GPUPT_POLICY_H
#define GPUPT_POLICY_H

#include <linux/types.h>

#include "gpupt/facts.h"
#include "gpupt/model.h"

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
 * gpupt_policy_unasked() - narrow a ladder down to what nobody has to ask for
 * @model: row of the card
 * @ladder: as gpupt_policy_ladder() filled it
 *
 * Context: any.
 * Return: number of rungs that are left.
 */
unsigned int gpupt_policy_unasked(const struct gpupt_model *model, u8 *ladder);

/**
 * gpupt_policy_has() - is a rung in a ladder?
 * @ladder: as gpupt_policy_ladder() filled it
 * @rung: the rung, not GPUPT_RUNG_NONE
 *
 * Context: any.
 * Return: true when it is.
 */
bool gpupt_policy_has(const u8 *ladder, enum gpupt_rung rung);

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
