/* SPDX-License-Identifier: GPL-2.0 */
/**
 * DOC: Facts
 *
 * Plain data that is gathered about a card, and that policy decides from.
 */
#ifndef GPUPT_FACTS_H
#define GPUPT_FACTS_H

#include <linux/types.h>

/**
 * struct gpupt_facts - what decides which rungs a card may use
 * @flr: the GPU function's Device Capabilities offer FLR, and no quirk of the
 *	kernel forbids it
 * @port: there is a port above the card
 * @bus_reset_broken: the kernel marked the card or its port as not to be bus
 *	reset (GH200, the root ports of GB10)
 * @bus_shared: the port's bus has functions of other cards
 * @slot_power: the card is in a hot-plug slot that can be switched off and on
 * @no_override: the kernel does not heed driver_override, so a card that is found
 *	again cannot be kept for the driver that it had
 * @flr_wanted: the user wants FLR also where the model doubts it
 */
struct gpupt_facts {
	bool flr;
	bool port;
	bool bus_reset_broken;
	bool bus_shared;
	bool slot_power;
	bool no_override;
	bool flr_wanted;
};

#endif /* GPUPT_FACTS_H */
