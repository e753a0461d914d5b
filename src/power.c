// SPDX-License-Identifier: GPL-2.0
/*
 * D3cold of cards and of the ports above them.
 *
 * The kernel lets a port sleep when every function below it may enter D3cold,
 * and a port that sleeps may cut the power (pci_bridge_d3_update()).
 *
 * no_d3cold of a struct pci_dev has no lock, and d3cold_allowed_store() of the
 * kernel takes none. Its word has bits of runtime PM as well: those are quiet
 * while a function is held in D0, which holds its port there too.
 */
#include <linux/moduleparam.h>
#include <linux/pci.h>
#include <linux/pm_runtime.h>
#include <linux/string.h>

#include "gpupt/param.h"
#include "gpupt/power.h"

static bool all_allowed;
static struct gpupt_match_list allowed;

static int set_d3cold(const char *val, const struct kernel_param *kp)
{
	bool all = sysfs_streq(val, "allow");
	int ret;

	ret = gpupt_param_parse_list("d3cold", ", or block or allow alone",
				     all || sysfs_streq(val, "block") ? "" : val, &allowed);
	if (ret < 0)
		return ret;
	all_allowed = all;
	return 0;
}

static const struct kernel_param_ops d3cold_ops = {
	.set = set_d3cold,
	.free = gpupt_param_free_list,
};

module_param_cb(d3cold, &d3cold_ops, &allowed, 0);
MODULE_PARM_DESC(d3cold, "whether the power of an idle card may be cut: block (default), allow, or a list of the cards for which it may, as in deny=");

static bool listed(const struct pci_dev *pdev)
{
	return gpupt_param_list_has(&allowed, pci_domain_nr(pdev->bus), pdev->bus->number,
				    PCI_SLOT(pdev->devfn), pdev->vendor, pdev->device);
}

/* An entry by ID names the card's GPU, and means the functions beside it as well. */
static bool may_enter_d3cold(struct pci_dev *pdev)
{
	struct pci_dev *first;
	bool may;

	if (all_allowed || listed(pdev))
		return true;
	first = pci_get_slot(pdev->bus, PCI_DEVFN(PCI_SLOT(pdev->devfn), 0));
	may = first && listed(first);
	pci_dev_put(first);
	return may;
}

void gpupt_power_block(struct pci_dev *pdev, bool with_port, struct gpupt_power *power)
{
	struct pci_dev *port = with_port ? pci_upstream_bridge(pdev) : NULL;

	if (may_enter_d3cold(pdev))
		return;

	pm_runtime_get_sync(&pdev->dev);
	if (!pdev->no_d3cold) {
		pci_d3cold_disable(pdev);
		power->function = true;
	}
	if (port && !port->no_d3cold) {
		pci_d3cold_disable(port);
		power->port = pci_dev_get(port);
	}
	pm_runtime_put(&pdev->dev);
}

void gpupt_power_release(struct pci_dev *pdev, struct gpupt_power *power)
{
	if (!power->function && !power->port)
		return;
	pm_runtime_get_sync(&pdev->dev);
	if (power->port)
		pci_d3cold_enable(power->port);
	if (power->function)
		pci_d3cold_enable(pdev);
	/* Goes to sleep again, and so does the port, if they would without us. */
	pm_runtime_put(&pdev->dev);
	pci_dev_put(power->port);
	*power = (struct gpupt_power){};
}
