// SPDX-License-Identifier: GPL-2.0
/*
 * Masks Advanced Error Reporting of ports while a card below may cause errors (PCIe r6.0,
 * sec 6.2 and 7.8.4).
 *
 * Several cards may share a port, each with a reset of its own, so the mask that was found
 * is kept in one place with the number of those who need it, and written back by the last.
 */
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "gpupt/compat.h"
#include "gpupt/port_errors.h"

#define ACCESS_ERRORS	(PCI_ERR_UNC_COMP_TIME | PCI_ERR_UNC_UNSUP)
#define RESET_ERRORS	(ACCESS_ERRORS | PCI_ERR_UNC_SURPDN)
#define DEVICE_ERRORS	(PCI_EXP_DEVSTA_CED | PCI_EXP_DEVSTA_NFED | PCI_EXP_DEVSTA_FED | \
			 PCI_EXP_DEVSTA_URD)
#define REPORTS		(PCI_EXP_DEVCTL_NFERE | PCI_EXP_DEVCTL_FERE)
#define ROOT_REPORTS	(PCI_EXP_RTCTL_SENFEE | PCI_EXP_RTCTL_SEFEE)

/* A port some of whose errors are masked. Without @aer nothing of it is. */
struct masked_port {
	struct list_head node;
	struct pci_dev *port;
	u16 aer;
	unsigned int users[GPUPT_PORT_CAUSES];
	u32 mask;	/* as it was found */
	u32 pending;	/* errors that waited to be reported then */
};

static LIST_HEAD(masked_ports);
/* Protects masked_ports and the mask registers of the ports in it; taken below device locks. */
static DEFINE_MUTEX(masked_lock);

static struct masked_port *find_masked(const struct pci_dev *port)
{
	struct masked_port *m;

	lockdep_assert_held(&masked_lock);

	list_for_each_entry(m, &masked_ports, node)
		if (m->port == port)
			return m;
	return NULL;
}

/* Without memory the port reports as ever, which is what the kernel does in all cases. */
static struct masked_port *add_masked(struct pci_dev *port)
{
	struct masked_port *m = kzalloc(sizeof(*m), GFP_KERNEL);

	if (!m)
		return NULL;
	m->port = pci_dev_get(port);
	m->aer = gpupt_native_aer(port);
	if (m->aer) {
		pci_read_config_dword(port, m->aer + PCI_ERR_UNCOR_STATUS, &m->pending);
		pci_read_config_dword(port, m->aer + PCI_ERR_UNCOR_MASK, &m->mask);
		m->pending &= ~m->mask;
		/* One that does not answer is not to be left with every error masked. */
		if (m->mask == ~0U)
			m->aer = 0;
	}
	list_add(&m->node, &masked_ports);
	return m;
}

/* Of the errors that are not ours to mask, what is in the register now stays. */
static void write_mask(const struct masked_port *m)
{
	u32 mask;

	pci_read_config_dword(m->port, m->aer + PCI_ERR_UNCOR_MASK, &mask);
	if (mask == ~0U)
		return;
	mask = (mask & ~RESET_ERRORS) | (m->mask & RESET_ERRORS);
	if (m->users[GPUPT_PORT_RESET])
		mask |= RESET_ERRORS;
	else if (m->users[GPUPT_PORT_ACCESS])
		mask |= ACCESS_ERRORS;
	pci_write_config_dword(m->port, m->aer + PCI_ERR_UNCOR_MASK, mask);
}

static void mask_one(struct pci_dev *port, enum gpupt_port_cause cause)
{
	struct masked_port *m = find_masked(port) ?: add_masked(port);

	if (m && !m->users[cause]++ && m->aer)
		write_mask(m);
}

static void unmask_one(struct pci_dev *port, enum gpupt_port_cause cause)
{
	u32 errors = cause == GPUPT_PORT_RESET ? RESET_ERRORS : ACCESS_ERRORS;
	struct masked_port *m = find_masked(port);

	if (!m || !m->users[cause] || --m->users[cause])
		return;
	if (m->aer) {
		pci_write_config_dword(port, m->aer + PCI_ERR_UNCOR_STATUS, errors & ~m->pending);
		pcie_capability_write_word(port, PCI_EXP_DEVSTA, DEVICE_ERRORS);
		write_mask(m);
	}
	if (m->users[GPUPT_PORT_ACCESS] || m->users[GPUPT_PORT_RESET])
		return;
	list_del(&m->node);
	pci_dev_put(m->port);
	kfree(m);
}

/* The next one that hears of @cause. */
static struct pci_dev *next_port(struct pci_dev *port, enum gpupt_port_cause cause)
{
	return cause == GPUPT_PORT_ACCESS ? pci_upstream_bridge(port) : NULL;
}

void gpupt_port_errors_mask(struct pci_dev *port, enum gpupt_port_cause cause)
{
	mutex_lock(&masked_lock);
	for (; port; port = next_port(port, cause))
		mask_one(port, cause);
	mutex_unlock(&masked_lock);
}

void gpupt_port_errors_unmask(struct pci_dev *port, enum gpupt_port_cause cause)
{
	mutex_lock(&masked_lock);
	for (; port; port = next_port(port, cause))
		unmask_one(port, cause);
	mutex_unlock(&masked_lock);
}

/* Would firmware that has the port's error reporting for itself hear of a timeout? */
static bool tells_firmware(struct pci_dev *port)
{
	u16 control = 0, root = 0;
	u16 aer = pci_find_ext_capability(port, PCI_EXT_CAP_ID_ERR);
	u32 mask;

	pcie_capability_read_word(port, PCI_EXP_DEVCTL, &control);
	if (!(control & REPORTS))
		return false;
	if (aer) {
		pci_read_config_dword(port, aer + PCI_ERR_UNCOR_MASK, &mask);
		return !(mask & PCI_ERR_UNC_COMP_TIME);
	}
	/* Without it there is the system error of a root port. */
	if (pci_pcie_type(port) == PCI_EXP_TYPE_ROOT_PORT)
		pcie_capability_read_word(port, PCI_EXP_RTCTL, &root);
	return root & ROOT_REPORTS;
}

bool gpupt_port_errors_are_harmless(struct pci_dev *port)
{
	for (; port; port = pci_upstream_bridge(port))
		if (!gpupt_native_aer(port) && tells_firmware(port))
			return false;
	return true;
}
