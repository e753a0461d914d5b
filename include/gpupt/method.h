/* SPDX-License-Identifier: GPL-2.0 */
/**
 * DOC: Reset methods
 *
 * A method knows how to trigger one rung and which functions that resets.
 * Waiting, restoring and verifying are the engine's (reset.h).
 */
#ifndef GPUPT_METHOD_H
#define GPUPT_METHOD_H

#include <linux/types.h>

struct gpupt_hw;

/**
 * struct gpupt_method - one way to reset
 * @whole_card: resets every function of the card, which the engine therefore
 *	holds, quiesces, saves and restores around it
 * @trigger: do it, and wait until config space may be read again: 0, -ENODEV
 *	when the card cannot be reached this way, so that nothing was done,
 *	-ETIMEDOUT when the link did not come back. Whatever it returns,
 *	registers of the port are as before, but for a lowered target speed
 *	(gpupt_link_slow_down())
 * @gone_ms: how long config space may read all-ones after @trigger before the
 *	next rung is tried, in milliseconds
 */
struct gpupt_method {
	bool whole_card;
	int (*trigger)(struct gpupt_hw *hw);
	u16 gone_ms;
};

extern const struct gpupt_method gpupt_method_flr;
extern const struct gpupt_method gpupt_method_bus;
extern const struct gpupt_method gpupt_method_bus_long;

#endif /* GPUPT_METHOD_H */
