// SPDX-License-Identifier: GPL-2.0
/*
 * A card that is pulled out during its reset.
 *
 * Locks: the kernel's rescan lock, for a look at what is on the bus and for the removal, and a
 * device lock before, which is given back at once. None is held while the slot's driver works.
 */
#include <linux/device.h>
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/pci_hotplug.h>

#include "gpupt/hw.h"
#include "gpupt/later.h"
#include "gpupt/lock.h"
#include "gpupt/log.h"
#include "gpupt/pulled.h"

/* As a rule no reset lasts longer; a removal that comes before its end waits for that itself. */
#define RESET_MS	90000

bool gpupt_pulled(struct pci_dev *port)
{
	u16 slot, link;

	if (!port->is_hotplug_bridge || !port->link_active_reporting)
		return false;
	/* A port that does not answer is an error, or reads all-ones. */
	if (pcie_capability_read_word(port, PCI_EXP_SLTSTA, &slot) ||
	    pcie_capability_read_word(port, PCI_EXP_LNKSTA, &link))
		return false;
	return !(slot & PCI_EXP_SLTSTA_PDS) && !(link & PCI_EXP_LNKSTA_DLLLA);
}

/* Below a PCIe port there is device 0 only. With the rescan lock. */
static struct pci_dev *get_function(struct pci_dev *port, unsigned int fn)
{
	return port->subordinate ? pci_get_slot(port->subordinate, PCI_DEVFN(0, fn)) : NULL;
}

static struct pci_dev *get_any(struct pci_dev *port)
{
	struct pci_dev *pdev = NULL;
	unsigned int fn;

	pci_lock_rescan_remove();
	for (fn = 0; fn < GPUPT_FUNCTIONS && !pdev; fn++)
		pdev = get_function(port, fn);
	pci_unlock_rescan_remove();
	return pdev;
}

/*
 * As the kernel's pci_dev_set_disconnected(): nobody waits any more for a function that is not
 * there, and only pciehp's own removal says so.
 */
static void disconnect(struct pci_dev *port)
{
	unsigned int fn;

	pci_lock_rescan_remove();
	for (fn = 0; fn < GPUPT_FUNCTIONS && gpupt_pulled(port); fn++) {
		struct pci_dev *pdev = get_function(port, fn);

		if (pdev)
			WRITE_ONCE(pdev->error_state, pci_channel_io_perm_failure);
		pci_dev_put(pdev);
	}
	pci_unlock_rescan_remove();
}

/*
 * So that pciehp, or another driver of the slot, knows it is empty, and heeds a card put in.
 * pciehp forgets one that comes while it takes the power away.
 */
static void switch_slot_off(struct pci_dev *port, struct pci_dev *pdev)
{
	struct hotplug_slot *slot = pdev->slot ? pdev->slot->hotplug : NULL;

	if (!slot || !slot->ops->disable_slot || !try_module_get(slot->owner))
		return;
	slot->ops->disable_slot(slot);
	if (!gpupt_pulled(port) && slot->ops->enable_slot)
		slot->ops->enable_slot(slot);
	module_put(slot->owner);
}

static void remove_functions(struct pci_dev *port)
{
	unsigned int fn;

	pci_lock_rescan_remove();
	for (fn = GPUPT_FUNCTIONS; fn-- && gpupt_pulled(port);) {
		struct pci_dev *pdev = get_function(port, fn);

		if (pdev)
			pci_stop_and_remove_bus_device(pdev);
		pci_dev_put(pdev);
	}
	pci_unlock_rescan_remove();
}

static void remove_card(struct pci_dev *port)
{
	struct pci_dev *pdev = get_any(port);

	if (!pdev)
		return;
	/* A removal has the rescan lock while it waits, so the reset is to be over first. */
	if (gpupt_lock(&pdev->dev, RESET_MS))
		device_unlock(&pdev->dev);
	pci_dev_put(pdev);
	/* pciehp may have seen it go by itself since, and a card put in is another one. */
	pdev = get_any(port);
	if (pdev && gpupt_pulled(port)) {
		gpupt_warn(pdev, "it was pulled out during a reset, which the slot's driver was not told; its functions are removed\n");
		disconnect(port);
		switch_slot_off(port, pdev);
		remove_functions(port);
	}
	pci_dev_put(pdev);
}

void gpupt_pulled_remove(struct pci_dev *port)
{
	if (gpupt_later(remove_card, port))
		gpupt_warn(port, "the card below it was pulled out during a reset; write 1 to its functions' remove\n");
}
