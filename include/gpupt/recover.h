/* SPDX-License-Identifier: GPL-2.0 */
/**
 * DOC: Recovery on behalf of the user
 *
 * The whole ladder, including the rungs that take the card off the bus.
 */
#ifndef GPUPT_RECOVER_H
#define GPUPT_RECOVER_H

#include "gpupt/model.h"

struct gpupt_device;

/**
 * gpupt_recover() - reset a card on behalf of the user
 * @gdev: record of its GPU
 * @rung: the one to use, or GPUPT_RUNG_NONE for all that the card may use
 *
 * Context: process context, no locks held, may take a minute.
 * Return:
 * * 0 - reset and verified alive
 * * -EBUSY - a function of the card is in use, or the card is being reset
 * * -EOPNOTSUPP - the card may not use @rung, or has no rung at all
 * * -ENODEV - the function was removed
 * * -ENOMEM
 * * -EIO - every rung failed; gpupt_device_status() has the first error
 *
 * The rungs that take the card off the bus leave @gdev without its function: that
 * has a new record then, in which the status goes on.
 */
int gpupt_recover(struct gpupt_device *gdev, enum gpupt_rung rung);

#endif /* GPUPT_RECOVER_H */
