/* SPDX-License-Identifier: GPL-2.0 */
/**
 * DOC: Managed functions
 *
 * A record per managed function.
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
 * @trusted: signs that it has shown, see struct gpupt_verify
 * @trusted_flr: signs that it has shown after an FLR
 * @vain: signs that it was waited for in vain
 * @climbed: its bus was reset on the kernel's behalf because of signs alone, in vain
 * @boot0: PMC_BOOT_0 of the last verification, 0 before
 * @link: Link Status of the port when the card was last seen alive, 0 before
 * @hda: the audio function was turned on in the GPU then, see GPUPT_CFG_HDA
 */
struct gpupt_status {
	struct gpupt_outcome last;
	u64 resets;
	u64 failures;
	bool exhausted;
	u8 trusted;
	u8 trusted_flr;
	u8 vain;
	bool climbed;
	u32 boot0;
	u16 link;
	bool hda;
};

/*
 * Bits of gpupt_device.flags: the card is being reset; is fenced off; a user's reset or
 * claim of it is under way; the log says why its BAR0 is not read; its GPU was open since it
 * was last reset with no function open; the log says that it is bypassed.
 */
#define GPUPT_DEVICE_BUSY	0
#define GPUPT_DEVICE_FENCED	1
#define GPUPT_DEVICE_ASKED	2
#define GPUPT_DEVICE_TOLD	3
#define GPUPT_DEVICE_USED	4
#define GPUPT_DEVICE_BYPASSED	5

/**
 * struct gpupt_device - record of one managed function
 * @node: in the list of records, protected by its mutex
 * @port_node: in the list of ports, see gpupt_device_is_our_port()
 * @rcu: readers of the list of ports may still have it
 * @port: the port above a GPU whose bus resets are done by us, or NULL; only compared
 * @ref: users of the record
 * @pdev: the function, referenced
 * @model: row of a GPU; NULL for the other functions of its card
 * @snapshot: last config seen alive, protected by @pdev's device lock
 * @idle_enables: how often @pdev was enabled before its driver was bound
 * @outgrown: what was replaced in @pdev; touched only as the record comes and goes
 * @activation: what was done to the function's reset_method; touched only while
 *	the function is added, and at unload
 * @power: what was done against D3cold; touched only as the function comes and goes
 * @flags: GPUPT_DEVICE_BUSY and so on (GPU only)
 * @lock: protects @status, @clean_for and @clean_until
 * @status: what is known of the card (GPU only)
 * @clean_for: task that had the whole card reset last; only compared
 * @clean_until: in jiffies, as long as this says anything
 */
struct gpupt_device {
	struct list_head node;
	struct list_head port_node;
	struct rcu_head rcu;
	const struct pci_dev *port;
	struct kref ref;
	struct pci_dev *pdev;
	const struct gpupt_model *model;
	struct gpupt_snapshot snapshot;
	int idle_enables;
	struct gpupt_outgrown outgrown;
	struct gpupt_activation activation;
	struct gpupt_power power;
	unsigned long flags;
	spinlock_t lock; /* protects what follows */
	struct gpupt_status status;
	const void *clean_for;
	u64 clean_until;
};

/** enum gpupt_state - state of a card, as the ``gpupt/state`` attribute shows it */
enum gpupt_state {
	/** @GPUPT_STATE_UNKNOWN: answers, but was never verified */
	GPUPT_STATE_UNKNOWN,
	/** @GPUPT_STATE_OK: answers, and its latest reset was verified */
	GPUPT_STATE_OK,
	/** @GPUPT_STATE_HUNG: does not answer, has lost its BARs, or failed its latest reset */
	GPUPT_STATE_HUNG,
	/** @GPUPT_STATE_DEAD: does not answer, and every rung was tried in vain */
	GPUPT_STATE_DEAD,
	/** @GPUPT_STATE_RESETTING: a reset is under way */
	GPUPT_STATE_RESETTING,
};

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
 * gpupt_device_get_gpu() - GPU of the card that a function is of
 * @pdev: the function, which may be the GPU itself
 *
 * Context: process context.
 * Return: the GPU, referenced, or NULL when @pdev is not ours.
 */
struct pci_dev *gpupt_device_get_gpu(struct pci_dev *pdev);

/**
 * gpupt_device_add() - keep a record of a function
 * @pdev: a function that is ours and has no record
 *
 * Context: process context.
 * Return: the record, with a reference for the caller, or an ERR_PTR: -ENOMEM.
 */
struct gpupt_device *gpupt_device_add(struct pci_dev *pdev);

/**
 * gpupt_device_learn() - take a first snapshot, if the function is alive, and what else
 * is to be known before a driver has it
 * @gdev: its record
 * @unbound: no driver has it yet
 *
 * Context: process context, @gdev->pdev's device lock held.
 */
void gpupt_device_learn(struct gpupt_device *gdev, bool unbound);

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
 * gpupt_device_state() - state of a GPU's card
 * @gdev: record of a GPU
 *
 * Reads identity and header type from config space, nothing else, and that only in
 * a power state in which a healthy card answers.
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
 * gpupt_device_set_clean() - the current task had every function of the card reset, or not
 * @gpu: record of its GPU
 * @clean: it had
 *
 * Context: any.
 */
void gpupt_device_set_clean(struct gpupt_device *gpu, bool clean);

/**
 * gpupt_device_is_clean() - did the current task, a moment ago?
 * @gpu: record of its GPU
 *
 * Says nothing of what others did since: the caller looks whether a function is open.
 *
 * Context: any.
 * Return: true when it did within the last quarter of a second.
 */
bool gpupt_device_is_clean(struct gpupt_device *gpu);

/**
 * gpupt_device_fence() - keep the kernel from resetting the bus of a dead card
 * @gpu: record of its GPU
 *
 * A card that no rung revived is not revived by the kernel either: vfio-pci tries
 * when it is closed, and waits for a minute.
 *
 * Context: @gpu->pdev's device lock held.
 */
void gpupt_device_fence(struct gpupt_device *gpu);

/**
 * gpupt_device_unfence() - undo gpupt_device_fence(), if it was done
 * @gdev: the record
 *
 * Context: @gdev->pdev's device lock held, or no reset can be under way.
 */
void gpupt_device_unfence(struct gpupt_device *gdev);

/**
 * gpupt_device_notice_bypass() - say it once when the kernel resets a GPU without us
 * @gpu: record of the GPU
 *
 * That is when somebody has written to its reset_method. Nobody tells the module, so it looks
 * where it comes by: a driver binds, a bus is reset, the state is read.
 *
 * Context: any.
 */
void gpupt_device_notice_bypass(struct gpupt_device *gpu);

/**
 * gpupt_device_is_our_port() - are the kernel's bus resets by this port done by us?
 * @port: the port, only compared
 *
 * Context: any, also in a handler of ftrace.
 * Return: true when there is a GPU of ours below it, of a model that is bus reset
 * without being asked for.
 */
bool gpupt_device_is_our_port(const struct pci_dev *port);

#endif /* GPUPT_DEVICE_H */
