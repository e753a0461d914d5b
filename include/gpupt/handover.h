/* SPDX-License-Identifier: GPL-2.0 */
/**
 * DOC: Handing a card over
 *
 * From the kernel's drivers to others, all functions or none (rebind.h).
 */
#ifndef GPUPT_HANDOVER_H
#define GPUPT_HANDOVER_H

#include <linux/types.h>

#include "gpupt/rebind.h"

struct gpupt_card;

/**
 * struct gpupt_handover - a card that is claimed or given back
 * @rebind: what the engine knows of it; @rebind.before afterwards
 * @to: whose its functions are to be, by function number
 * @card: the card
 * @evict: it is to be claimed, so its boot framebuffer has to go
 * @quiet: who is in the way was said before
 * @patience_ms: for how long to wait at first for a driver that binds or lets go
 */
struct gpupt_handover {
	struct gpupt_rebind rebind;
	struct gpupt_binding to[GPUPT_FUNCTIONS];
	struct gpupt_card *card;
	bool evict;
	bool quiet;
	unsigned int patience_ms;
};

/**
 * gpupt_handover_create() - get ready
 * @card: the card, which has to outlive it
 * @evict: see struct gpupt_handover
 *
 * Context: may sleep.
 * Return: it, with @to empty, to be freed with kfree(); NULL without memory.
 */
struct gpupt_handover *gpupt_handover_create(struct gpupt_card *card, bool evict);

/**
 * gpupt_handover_run() - do it
 * @h: with @h->to filled in
 *
 * The driver nvidia is not released, nor one that somebody has open.
 *
 * Context: process context, no device lock of the card held; takes as long as the
 * drivers do that it tells to let go.
 * Return: 0, or with everything undone: -EBUSY when a driver may not be released,
 * -EAGAIN when one is not done with binding or letting go,
 * -EIO when one did not take its function, -ENODEV when the card was removed, or
 * another error.
 */
int gpupt_handover_run(struct gpupt_handover *h);

#endif /* GPUPT_HANDOVER_H */
