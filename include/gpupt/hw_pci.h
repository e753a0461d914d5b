/* SPDX-License-Identifier: GPL-2.0 */
/**
 * DOC: A real card
 *
 * struct gpupt_hw over the functions of one slot and the port above them.
 */
#ifndef GPUPT_HW_PCI_H
#define GPUPT_HW_PCI_H

#include <linux/types.h>

#include "gpupt/hw.h"
#include "gpupt/rebind.h"
#include "gpupt/snapshot.h"

struct gpupt_facts;
struct pci_dev;

/* Room for what gpupt_hw_pci_user() says, in bytes. */
#define GPUPT_USER_WORDS	96

/**
 * struct gpupt_hw_pci_fn - one function of the card
 * @pdev: the function, referenced
 * @snapshot: its last config seen alive; the caller's, or @own
 * @own: used for a function that nobody keeps a snapshot of
 * @core: the kernel's saved state, while set aside
 * @idle_enables: how often it was enabled when its driver was bound
 * @was_dead: did not answer when the reset began
 * @shut: vfio-pci is kept from opening it, by a reset method that it does not have
 */
struct gpupt_hw_pci_fn {
	struct pci_dev *pdev;
	struct gpupt_snapshot *snapshot;
	struct gpupt_snapshot own;
	struct gpupt_core_state core;
	int idle_enables;
	bool was_dead;
	bool shut;
};

/**
 * struct gpupt_hw_pci - a real card while it is being reset
 * @hw: what the engine sees
 * @fn: its functions, by function number
 * @port: the port above the card, NULL on a root bus; referenced
 * @fenced: it was the module that marked the GPU as not to be bus reset
 * @iommu_by_caller: the IOMMU's share of the reset is the caller's, as far as there is one
 * @busy: words for the log, empty until something of the card was in use
 * @borrowed: functions whose device lock the caller of the engine holds
 * @held: functions that hold() locked
 * @port_locked: hold() locked the port; otherwise our caller had
 * @ignore_hotplug: value of the port's flag before hold()
 * @replaced_next: rungs follow that take the card off the bus, and find out that it is gone
 * @was_present: the port's slot said then that there is a card
 * @bar0: BAR0 of the GPU, mapped by the first read
 * @bar0_len: bytes mapped
 */
struct gpupt_hw_pci {
	struct gpupt_hw hw;
	struct gpupt_hw_pci_fn fn[GPUPT_FUNCTIONS];
	struct pci_dev *port;
	bool fenced;
	bool iommu_by_caller;
	char busy[GPUPT_USER_WORDS];
	u8 borrowed;
	u8 held;
	bool port_locked;
	bool ignore_hotplug;
	bool replaced_next;
	bool was_present;
	void __iomem *bar0;
	u32 bar0_len;
};

/**
 * gpupt_hw_pci_get_function() - a function of the same card
 * @pdev: one of its functions
 * @fn: number of the one wanted
 *
 * Takes no lock that is outside of a device lock.
 *
 * Context: process context.
 * Return: the function, referenced; NULL when there is none, or a virtual one.
 */
struct pci_dev *gpupt_hw_pci_get_function(const struct pci_dev *pdev, unsigned int fn);

/**
 * gpupt_hw_pci_init() - gather the functions of a card
 * @card: filled, to be undone by gpupt_hw_pci_fini()
 * @gpu: its GPU function
 *
 * Touches no hardware.
 *
 * Context: process context.
 */
void gpupt_hw_pci_init(struct gpupt_hw_pci *card, struct pci_dev *gpu);

/**
 * gpupt_hw_pci_fini() - let go of a card
 * @card: the card
 *
 * Context: process context.
 */
void gpupt_hw_pci_fini(struct gpupt_hw_pci *card);

/**
 * gpupt_hw_pci_begin() - get ready for a reset
 * @card: the card, with @card->borrowed set
 *
 * Sets the kernel's saved state of the borrowed functions aside, wakes them, and has
 * the IOMMU block them unless @card->iommu_by_caller is set.
 *
 * Context: process context, device locks of the borrowed functions held.
 * Return: 0, or -EBUSY when one is slow to wake, or another -errno; on error nothing
 * has to be undone.
 */
int gpupt_hw_pci_begin(struct gpupt_hw_pci *card);

/**
 * gpupt_hw_pci_end() - undo gpupt_hw_pci_begin()
 * @card: the card
 * @alive: the card was verified alive: the kernel's saved state is mended where
 *	it was read from a dead function
 *
 * Context: as gpupt_hw_pci_begin().
 */
void gpupt_hw_pci_end(struct gpupt_hw_pci *card, bool alive);

/**
 * gpupt_hw_pci_facts() - what decides which rungs the card may use
 * @card: the card
 * @facts: filled
 *
 * Of the hardware only the port's Slot Capabilities are read: the capabilities of
 * the card were when the kernel enumerated it.
 *
 * Context: process context.
 */
void gpupt_hw_pci_facts(const struct gpupt_hw_pci *card, struct gpupt_facts *facts);

/**
 * gpupt_hw_pci_is_open() - has user space a function open?
 * @pdev: the function, whose driver leaves it to user space
 * @idle_enables: how often it was enabled when its driver was bound
 *
 * Context: any; the answer is stable only with @pdev's device lock.
 * Return: true when it has.
 */
bool gpupt_hw_pci_is_open(const struct pci_dev *pdev, int idle_enables);

/**
 * gpupt_hw_pci_user() - who uses a function?
 * @pdev: the function
 * @idle_enables: how often it was enabled when its driver was bound
 * @buf: filled with words for the log when it is in use
 * @len: size of @buf in bytes
 *
 * A function is idle when no driver is bound, or one that leaves it to user
 * space (vfio-pci, pci-stub) and nobody has it open. A driver whose probe failed may
 * have left it enabled (nouveau, with a card whose image it does not find), so that
 * alone does not tell.
 *
 * Context: process context, @pdev's device lock held.
 * Return: true when it is in use.
 */
bool gpupt_hw_pci_user(struct pci_dev *pdev, int idle_enables, char *buf, size_t len);

/**
 * gpupt_hw_pci_config_is_readable() - does a healthy function answer now?
 * @pdev: the function
 *
 * Neither it nor the port above it sleeps so deep that config space reads all-ones.
 *
 * Context: any.
 * Return: true when it does.
 */
bool gpupt_hw_pci_config_is_readable(struct pci_dev *pdev);

/**
 * gpupt_hw_pci_answers() - gpupt_hw_fn_answers() without a card
 * @pdev: the function
 *
 * Context: process context.
 * Return: true when vendor, device and header type are those that the kernel found.
 */
bool gpupt_hw_pci_answers(struct pci_dev *pdev);

/**
 * gpupt_hw_pci_driver() - name of a function's driver, without its device lock
 * @pdev: the function
 * @name: filled, empty when it has none
 * @len: size of @name in bytes
 *
 * A driver that binds has the function already, and one that lets go has it still.
 *
 * Context: any.
 * Return: true when the driver leaves the function to user space (vfio-pci, pci-stub).
 */
bool gpupt_hw_pci_driver(struct pci_dev *pdev, char *name, size_t len);

/**
 * gpupt_hw_pci_can_end_vfs() - does 0 in sriov_numvfs end the virtual functions of a function?
 * @pdev: the function
 *
 * Context: any.
 * Return: true when its driver can, as far as is known without asking it.
 */
bool gpupt_hw_pci_can_end_vfs(struct pci_dev *pdev);

/**
 * gpupt_hw_pci_binding() - whose is a function?
 * @pdev: the function
 * @binding: filled
 * @patience_ms: for how long to wait for a driver that binds or lets go
 *
 * Context: process context, @pdev's device lock not held.
 * Return: 0, or -EBUSY when such a driver is not done, with its name in @binding.
 */
int gpupt_hw_pci_binding(struct pci_dev *pdev, struct gpupt_binding *binding,
			 unsigned int patience_ms);

#endif /* GPUPT_HW_PCI_H */
