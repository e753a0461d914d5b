/* SPDX-License-Identifier: GPL-2.0 */
/**
 * DOC: Claims
 *
 * A claimed card belongs to vfio-pci with every function: no other driver may
 * bind any of them. A claim is on the card in a slot, and survives that the card is
 * taken off the bus and found anew.
 */
#ifndef GPUPT_CLAIM_H
#define GPUPT_CLAIM_H

#include <linux/types.h>

struct gpupt_device;
struct pci_dev;

/**
 * gpupt_claim_take() - claim a card for vfio-pci
 * @gpu: record of its GPU
 * @force: also when the host has no other display
 *
 * A card that is claimed already is made sure of. All functions, or none.
 *
 * Context: process context, no device lock held; takes as long as the drivers do
 * that it tells to let go.
 * Return: 0; -EBUSY when a function is open through VFIO or has the driver
 * nvidia, a driver is not done with taking or letting go of one, the card is the
 * host's only display, or somebody else is at it;
 * -ENODEV when there is no vfio-pci or the card was removed; -EIO when vfio-pci did
 * not take a function; or another error. The log says which.
 */
int gpupt_claim_take(struct gpupt_device *gpu, bool force);

/**
 * gpupt_claim_give_back() - end a claim
 * @gpu: record of its GPU
 *
 * Each function gets the driver it had; one that no driver had the time to bind
 * gets whichever the kernel finds. All functions, or none. A card that is not
 * claimed is left alone.
 *
 * Context: as gpupt_claim_take().
 * Return: 0; -EBUSY when a function is open through VFIO, a driver is not done
 * with taking or letting go of one, or somebody else is at it; -EIO when a driver did
 * not take its function back; or another error.
 */
int gpupt_claim_give_back(struct gpupt_device *gpu);

/**
 * gpupt_claim_holds() - is the card claimed?
 * @gpu: record of its GPU
 *
 * Context: process context.
 * Return: true while it is claimed and no function of it has a driver other than
 * vfio-pci.
 */
bool gpupt_claim_holds(struct gpupt_device *gpu);

/**
 * gpupt_claim_adopt() - a function is there: is its card to be claimed?
 * @pdev: the function
 *
 * Keeps other drivers from binding it, at once; the rest is done from a work item.
 *
 * Context: process context, @pdev's device lock not held.
 */
void gpupt_claim_adopt(struct pci_dev *pdev);

/**
 * gpupt_claim_start() - go on with what gpupt_claim_adopt() began
 *
 * Context: process context, once all functions that are there are adopted.
 */
void gpupt_claim_start(void);

/**
 * gpupt_claim_stop() - end all claims
 *
 * Gives each function its driver_override back. Drivers stay as they are.
 *
 * Context: process context, when nobody adopts, takes or gives back any more.
 */
void gpupt_claim_stop(void);

#endif /* GPUPT_CLAIM_H */
