/* SPDX-License-Identifier: GPL-2.0 */
/**
 * DOC: The link of a card
 *
 * What the port above says of it, and how the port is made to train it anew.
 */
#ifndef GPUPT_LINK_H
#define GPUPT_LINK_H

#include <linux/types.h>

struct gpupt_hw;

/**
 * gpupt_link_status() - Link Status register of the port
 * @hw: the card
 *
 * Context: as the operations of @hw.
 * Return: the register, 0 when there is no port with a link.
 */
u16 gpupt_link_status(struct gpupt_hw *hw);

/**
 * gpupt_link_is_down() - does the port say that it has no link?
 * @hw: the card
 *
 * Context: as the operations of @hw.
 * Return: false as well when the port cannot say.
 */
bool gpupt_link_is_down(struct gpupt_hw *hw);

/**
 * gpupt_link_wait() - wait until the link is up
 * @hw: the card
 * @ms: for how long at most, in milliseconds
 *
 * Context: as the operations of @hw.
 * Return: 0, at once when the port cannot say, or -ETIMEDOUT.
 */
int gpupt_link_wait(struct gpupt_hw *hw, unsigned int ms);

/**
 * gpupt_link_is_narrower() - has a link fewer lanes than it had?
 * @before: Link Status when the card was last seen alive, 0 when not known
 * @now: Link Status
 *
 * Context: any.
 * Return: true when it has.
 */
bool gpupt_link_is_narrower(u16 before, u16 now);

/**
 * gpupt_link_is_slower() - has a link a lower speed than it had?
 * @before: Link Status just before a bus reset, 0 when not known
 * @now: Link Status
 *
 * A card lowers the speed by itself when it is idle, and an FLR does not touch the link,
 * so this says something of a bus reset alone, and nothing of the card's health.
 *
 * Context: any.
 * Return: true when it has.
 */
bool gpupt_link_is_slower(u16 before, u16 now);

/**
 * gpupt_link_retrain() - have the port train its link again
 * @hw: the card; held, see gpupt_hw_ops.hold()
 *
 * Waits for up to a second.
 *
 * Context: as the operations of @hw.
 * Return: 0, or -ETIMEDOUT when the link is down then.
 */
int gpupt_link_retrain(struct gpupt_hw *hw);

/**
 * gpupt_link_slow_down() - bring a link up that does not train at full speed
 * @hw: the card; held, see gpupt_hw_ops.hold()
 *
 * Lowers the port's target speed step by step. A speed that works stays set, so
 * that the next training does not fail again; otherwise the former one is put back.
 * Waits for up to a second per step.
 *
 * Context: as the operations of @hw.
 * Return: 0, or -ETIMEDOUT when the link is down at every speed.
 */
int gpupt_link_slow_down(struct gpupt_hw *hw);

#endif /* GPUPT_LINK_H */
