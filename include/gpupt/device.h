/* SPDX-License-Identifier: GPL-2.0 */
/**
 * DOC: Managed functions
 *
 * A record per managed function, and the one service the doors (the hook,
 * sysfs) ask for: reset the card this function belongs to.
 */
#ifndef GPUPT_DEVICE_H
#define GPUPT_DEVICE_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "gpupt/activate.h"
#include "gpupt/model.h"
#include "gpupt/param.h"
#include "gpupt/power.h"
#include "gpupt/reset.h"
#include "gpupt/snapshot.h"

struct pci_dev;

/**
 * struct gpupt_status - what is known of a card
 * @last: outcome of the latest reset; @last.rung is GPUPT_RUNG_NONE before the
 *	first one
 * @resets: resets in which a rung was tried, since load
 * @failures: how many of them failed
 * @exhausted: the latest reset failed with every rung that the card may use
 * @boot0: PMC_BOOT_0 of the last verification, 0 before
 * @link: Link Status of the port when the card was last seen alive, 0 before
 * @hda: the audio function was turned on in the GPU then, see GPUPT_CFG_HDA
 */
struct gpupt_status {
	struct gpupt_outcome last;
	u64 resets;
	u64 failures;
	bool exhausted;
	u32 boot0;
	u16 link;
	bool hda;
};

/**
 * struct gpupt_device - record of one managed function
 * @node: in the list of records, protected by its mutex
 * @ref: users of the record
 * @pdev: the function, referenced
 * @model: row of a GPU; NULL for the other functions of its card
 * @snapshot: last config seen alive, protected by @pdev's device lock
 * @activation: what was done to the function's reset_method; touched only while
 *	the function is added, and at unload
 * @power: what was done against D3cold; touched only as the function comes and goes
 * @flags: bit 0 is set while the card is being reset, bit 1 while it is owed a
 *	reset, bit 2 while the module has marked it as not to be bus reset by
 *	the kernel (GPU only)
 * @lock: protects @status
 * @status: what is known of the card (GPU only)
 */
struct gpupt_device {
	struct list_head node;
	struct kref ref;
	struct pci_dev *pdev;
	const struct gpupt_model *model;
	struct gpupt_snapshot snapshot;
	struct gpupt_activation activation;
	struct gpupt_power power;
	unsigned long flags;
	spinlock_t lock; /* protects status */
	struct gpupt_status status;
};

/** enum gpupt_state - state of a card, as the ``gpupt/state`` attribute shows it */
enum gpupt_state {
	/** @GPUPT_STATE_UNKNOWN: answers, but was never verified */
	GPUPT_STATE_UNKNOWN,
	/** @GPUPT_STATE_OK: answers, and its latest reset was verified */
	GPUPT_STATE_OK,
	/** @GPUPT_STATE_HUNG: does not answer, or failed its latest reset */
	GPUPT_STATE_HUNG,
	/** @GPUPT_STATE_DEAD: does not answer, and every rung was tried in vain */
	GPUPT_STATE_DEAD,
	/** @GPUPT_STATE_RESETTING: a reset is under way */
	GPUPT_STATE_RESETTING,
};

/**
 * gpupt_device_set_deny() - cards to leave alone
 * @list: the cards; replaces the former list
 *
 * Context: before gpupt_device_add() is first called.
 */
void gpupt_device_set_deny(const struct gpupt_match_list *list);

/**
 * gpupt_device_is_gpu() - is this function a GPU that the module manages?
 * @pdev: the function
 *
 * Vendor and class decide, not the device ID. Virtual functions and denied
 * cards are not managed. Touches no hardware.
 *
 * Context: any.
 * Return: true when it is.
 */
bool gpupt_device_is_gpu(const struct pci_dev *pdev);

/**
 * gpupt_device_is_ours() - is this a GPU, or another function of its card?
 * @pdev: the function
 *
 * Touches no hardware.
 *
 * Context: process context.
 * Return: true when gpupt_device_is_gpu() holds, or @pdev is the audio, USB or
 * UCSI function in the slot of such a GPU.
 */
bool gpupt_device_is_ours(struct pci_dev *pdev);

/**
 * gpupt_device_add() - keep a record of a function
 * @pdev: a function that is ours and has no record
 *
 * Context: process context.
 * Return: the record, with a reference for the caller, or an ERR_PTR: -ENOMEM.
 */
struct gpupt_device *gpupt_device_add(struct pci_dev *pdev);

/**
 * gpupt_device_learn() - take a first snapshot, if the function is alive
 * @gdev: its record
 *
 * Context: process context, @gdev->pdev's device lock held.
 */
void gpupt_device_learn(struct gpupt_device *gdev);

/**
 * gpupt_device_find() - record of a function
 * @pdev: the function
 *
 * Context: process context.
 * Return: the record, to be put with gpupt_device_put(), or NULL.
 */
struct gpupt_device *gpupt_device_find(const struct pci_dev *pdev);

/**
 * gpupt_device_put() - done with a record
 * @gdev: the record
 *
 * Context: process context.
 */
void gpupt_device_put(struct gpupt_device *gdev);

/**
 * gpupt_device_remove() - forget a function
 * @gdev: its record; found no more afterwards
 *
 * Context: process context.
 */
void gpupt_device_remove(struct gpupt_device *gdev);

/**
 * gpupt_device_next() - walk the records
 * @prev: the record before, whose reference is consumed, or NULL to begin
 *
 * A record that was removed meanwhile makes the walk begin anew, so what is
 * done to each record must bear being done twice.
 *
 * Context: process context.
 * Return: a record, to be put or passed on, or NULL after the last one.
 */
struct gpupt_device *gpupt_device_next(struct gpupt_device *prev);

/**
 * gpupt_device_ladder() - rungs that a GPU's card may use
 * @gdev: record of a GPU
 * @ladder: GPUPT_LADDER_LEN entries, filled
 *
 * Context: process context.
 * Return: number of rungs.
 */
unsigned int gpupt_device_ladder(struct gpupt_device *gdev, u8 *ladder);

/**
 * gpupt_device_state() - state of a GPU's card
 * @gdev: record of a GPU
 *
 * Reads the first dword of config space, nothing else, and that only in a power
 * state in which a healthy card answers.
 *
 * Context: process context.
 * Return: the state.
 */
enum gpupt_state gpupt_device_state(struct gpupt_device *gdev);

/**
 * gpupt_device_status() - what is known of a GPU's card
 * @gdev: record of a GPU
 *
 * Context: any.
 * Return: a copy.
 */
struct gpupt_status gpupt_device_status(struct gpupt_device *gdev);

/**
 * gpupt_device_reset() - reset a card on behalf of the user
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
int gpupt_device_reset(struct gpupt_device *gdev, enum gpupt_rung rung);

/**
 * gpupt_device_answer_probe() - can the kernel have this function reset by us?
 * @pdev: the function
 *
 * Touches no hardware.
 *
 * Context: process context.
 * Return: 0 or -ENOTTY.
 */
int gpupt_device_answer_probe(struct pci_dev *pdev);

/**
 * gpupt_device_answer_reset() - the kernel asks to reset this function
 * @pdev: the function
 *
 * The GPU's reset uses FLR, or a bus reset when every other function of the
 * card is idle; one that could not be done for that is owed. Of the other functions
 * one that answers is left alone, since the GPU's reset is the one that counts,
 * unless a reset is owed, which it then pays; one that does not has the card reset.
 *
 * Context: process context, @pdev's device lock held.
 * Return:
 * * 0 - the function was verified alive, or is not the GPU and answers
 * * -ENOTTY - not ours, or it answers and no rung could be tried
 * * -EAGAIN - config space or registers do not answer: vfio-pci refuses to open it
 * * otherwise as gpupt_reset_run()
 */
int gpupt_device_answer_reset(struct pci_dev *pdev);

/**
 * gpupt_device_is_our_port() - is there a GPU of ours below this port?
 * @port: the port, only compared
 *
 * Context: any, also in a handler of ftrace.
 * Return: true when there is.
 */
bool gpupt_device_is_our_port(const struct pci_dev *port);

/**
 * gpupt_device_answer_bus_reset() - the kernel resets the bus below this port
 * @port: the port
 *
 * Only when the caller holds the device lock of every function of the card, as
 * the kernel does on this path.
 *
 * Context: process context, device locks held as said.
 * Return: true when the bus was reset, whatever came of it; false when that is
 * still to be done.
 */
bool gpupt_device_answer_bus_reset(struct pci_dev *port);

#endif /* GPUPT_DEVICE_H */
