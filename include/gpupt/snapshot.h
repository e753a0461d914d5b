/* SPDX-License-Identifier: GPL-2.0 */
/**
 * DOC: Snapshots
 *
 * What the config space of a function looked like when it was last seen alive.
 * The kernel and vfio-pci save config space whenever they reset a function,
 * also from one that reads all-ones, and restore that afterwards. A snapshot is
 * only ever taken from a function that answers and whose BARs are the ones the
 * kernel assigned.
 */
#ifndef GPUPT_SNAPSHOT_H
#define GPUPT_SNAPSHOT_H

#include <linux/types.h>

struct pci_dev;
struct pci_saved_state;

/**
 * gpupt_function_id() - what a function answers with
 * @pdev: the function
 *
 * Context: any.
 * Return: its first dword of config space, as the kernel found it.
 */
u32 gpupt_function_id(const struct pci_dev *pdev);

/**
 * gpupt_bar_kind() - what a BAR is
 * @pdev: the function
 * @bar: number of the BAR, 0 to 5
 *
 * Context: any; while functions may be enumerated, with the kernel's rescan lock.
 * Return: IORESOURCE_IO, IORESOURCE_MEM, IORESOURCE_PREFETCH and IORESOURCE_MEM_64,
 * whichever it has; 0 when it has no address.
 */
unsigned long gpupt_bar_kind(const struct pci_dev *pdev, unsigned int bar);

/**
 * gpupt_snapshot_bars_match() - are the BARs of a function the ones that the kernel assigned?
 * @pdev: the function, which answers
 *
 * Context: process context.
 * Return: true when they are.
 */
bool gpupt_snapshot_bars_match(struct pci_dev *pdev);

/**
 * struct gpupt_snapshot - last config space of a function seen alive
 * @image: as pci_store_saved_state() made it, NULL before the first one;
 *	protected by the function's device lock
 */
struct gpupt_snapshot {
	struct pci_saved_state *image;
};

/* Virtual Channel, that of multi-function devices, and that of those which have both. */
#define GPUPT_CHANNEL_CAPS	3

/**
 * struct gpupt_outgrown - buffers of the kernel that larger ones replaced
 * @cap: the buffers, NULL where none was replaced
 */
struct gpupt_outgrown {
	void *cap[GPUPT_CHANNEL_CAPS];
};

/**
 * struct gpupt_core_state - the kernel's own saved state, set aside
 * @image: copy of it, NULL when it could not be copied
 * @saved: the kernel considered it valid
 */
struct gpupt_core_state {
	struct pci_saved_state *image;
	bool saved;
};

/**
 * gpupt_snapshot_take() - remember config space of a function that is alive
 * @snapshot: replaced on success, else unchanged
 * @pdev: the function
 *
 * The kernel's own saved state of @pdev is left as it was.
 *
 * Context: process context, @pdev's device lock held.
 * Return: 0, -ENODEV when @pdev does not answer, -EIO when its BARs are not
 * the ones the kernel assigned, -ENOMEM.
 */
int gpupt_snapshot_take(struct gpupt_snapshot *snapshot, struct pci_dev *pdev);

/**
 * gpupt_snapshot_apply() - write config space of a function that was reset
 * @snapshot: what to write; without an image only BARs, their
 *	sizes and COMMAND are
 * @pdev: the function, which answers
 *
 * Bus mastering is left off. Uses the kernel's own saved state of @pdev: the
 * caller has set it aside.
 *
 * Context: process context, @pdev's device lock held.
 * Return: 0, or -EIO when the BARs did not take.
 */
int gpupt_snapshot_apply(const struct gpupt_snapshot *snapshot, struct pci_dev *pdev);

/**
 * gpupt_snapshot_free() - forget it
 * @snapshot: the snapshot
 *
 * Context: any.
 */
void gpupt_snapshot_free(struct gpupt_snapshot *snapshot);

/**
 * gpupt_core_state_widen() - give the kernel room for all that a function may claim to have
 * @outgrown: zeroed; filled, also on errors
 * @pdev: the function, in which the larger buffers stay
 *
 * How much of a function's Virtual Channel capability the kernel saves is what the function
 * says of it then. The buffer is as large as it said when it was found, and is to be large
 * enough also for a card that is being lost.
 *
 * The old buffer stays until gpupt_core_state_forget(): a save may be under way, which
 * vfio-pci does without the device lock.
 *
 * Context: process context, called once at a time for @pdev.
 * Return: 0 or -ENOMEM.
 */
int gpupt_core_state_widen(struct gpupt_outgrown *outgrown, struct pci_dev *pdev);

/**
 * gpupt_core_state_forget() - free what nothing uses any more
 * @outgrown: as gpupt_core_state_widen() filled it, long before
 *
 * Context: any.
 */
void gpupt_core_state_forget(struct gpupt_outgrown *outgrown);

/**
 * gpupt_core_state_push() - set the kernel's own saved state aside
 * @core: filled
 * @pdev: the function
 *
 * Context: process context, @pdev's device lock held.
 * Return: 0 or -ENOMEM.
 */
int gpupt_core_state_push(struct gpupt_core_state *core, struct pci_dev *pdev);

/**
 * gpupt_core_state_pop() - give the kernel its saved state back
 * @core: as gpupt_core_state_push() filled it; empty afterwards
 * @pdev: the function
 *
 * Context: process context, @pdev's device lock held.
 */
void gpupt_core_state_pop(struct gpupt_core_state *core, struct pci_dev *pdev);

/**
 * gpupt_core_state_mend() - do not let the kernel restore garbage
 * @pdev: a function that was verified alive after a reset
 * @snapshot: its last config seen alive
 * @was_dead: @pdev did not answer when the kernel saved its state
 *
 * Looks at the state the kernel is about to restore. One that was read from a
 * dead function, now or when vfio-pci opened it, is replaced.
 *
 * Context: process context, @pdev's device lock held.
 */
void gpupt_core_state_mend(struct pci_dev *pdev, const struct gpupt_snapshot *snapshot,
			   bool was_dead);

#endif /* GPUPT_SNAPSHOT_H */
