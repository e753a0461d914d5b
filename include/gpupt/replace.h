/* SPDX-License-Identifier: GPL-2.0 */
/**
 * DOC: Taking a card off the bus and finding it anew
 *
 * The rungs that do not work in place: slot power, and remove, bus reset and
 * rescan. The functions' struct pci_dev go and new ones come, which get the
 * driver that the old ones had, and no other.
 */
#ifndef GPUPT_REPLACE_H
#define GPUPT_REPLACE_H

#include <linux/list.h>
#include <linux/pci_regs.h>
#include <linux/types.h>

#include "gpupt/hw.h"
#include "gpupt/model.h"
#include "gpupt/rebind.h"

struct gpupt_hw_pci;
struct pci_bus;
struct pci_dev;
struct pci_slot;

/**
 * struct gpupt_replacement - a card that is taken off the bus
 * @node: in the list of those under way
 * @port: the port above it, referenced and kept awake
 * @bus: the bus between them, referenced; the port has none once it is removed
 * @pci_slot: its slot, referenced; NULL when it has none
 * @slot: its device number on the port's bus
 * @hw: its functions, their identities and which one is the GPU
 * @fn: what to give back to each, by function number
 * @bar: what kind of BAR each of theirs was, as gpupt_bar_kind() tells it
 */
struct gpupt_replacement {
	struct list_head node;
	struct pci_dev *port;
	struct pci_bus *bus;
	struct pci_slot *pci_slot;
	u8 slot;
	struct gpupt_hw hw;
	struct gpupt_binding fn[GPUPT_FUNCTIONS];
	unsigned long bar[GPUPT_FUNCTIONS][PCI_STD_NUM_BARS];
};

/**
 * gpupt_replace_begin() - remember what a card has to get back
 * @r: filled, to be undone by gpupt_replace_end()
 * @card: the card, which has a port
 *
 * Context: process context, no device lock of the card held.
 */
void gpupt_replace_begin(struct gpupt_replacement *r, const struct gpupt_hw_pci *card);

/**
 * gpupt_replace_run() - take the card off the bus and find it anew
 * @r: as gpupt_replace_begin() filled it
 * @rung: GPUPT_RUNG_SLOT_POWER or GPUPT_RUNG_RESCAN
 *
 * The latter leaves a card alone that does not answer, since nothing would be
 * found then.
 *
 * Context: process context, no locks held; takes seconds.
 * Return: 0 when every function came back, though not verified; -ENODEV when one
 * did not, the port is gone, or nothing was done; -EIO when the slot's driver could
 * not switch it on, or a function came back without one of its BARs, which is logged;
 * -EBUSY when the port is in use; -EOPNOTSUPP.
 */
int gpupt_replace_run(struct gpupt_replacement *r, enum gpupt_rung rung);

/**
 * gpupt_replace_gpu() - the GPU function that came back
 * @r: the card
 *
 * Context: process context.
 * Return: it, referenced, or NULL.
 */
struct pci_dev *gpupt_replace_gpu(const struct gpupt_replacement *r);

/**
 * gpupt_replace_end() - done
 * @r: the card
 *
 * Gives the functions that are there their driver_override back.
 *
 * Context: process context.
 */
void gpupt_replace_end(struct gpupt_replacement *r);

/**
 * gpupt_replace_adopt() - a function came: is it one that was taken off?
 * @pdev: the function, not yet bound
 *
 * Sees to it that it gets the driver it had, or none.
 *
 * Context: process context, @pdev's device lock not held.
 * Return: true when it is.
 */
bool gpupt_replace_adopt(struct pci_dev *pdev);

/**
 * gpupt_replace_under_way() - is the card in this slot being taken off and found?
 * @pdev: a function of it
 *
 * Context: process context.
 * Return: true when it is.
 */
bool gpupt_replace_under_way(struct pci_dev *pdev);

#endif /* GPUPT_REPLACE_H */
