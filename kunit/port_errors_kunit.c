// SPDX-License-Identifier: GPL-2.0
/* Error reporting of ports that several users mask at a time. */
#include <kunit/test.h>
#include <linux/pci.h>

#include "fail_nth.h"
#include "fake_bus.h"
#include "gpupt/port_errors.h"

#define AER(reg)	(FAKE_BUS_PORT_AER + (reg))
#define ACCESS		((u32)(PCI_ERR_UNC_COMP_TIME | PCI_ERR_UNC_UNSUP))
#define RESET		(ACCESS | (u32)PCI_ERR_UNC_SURPDN)
/* As the kernel had it. */
#define FOUND		((u32)PCI_ERR_UNC_ECRC)

static struct fake_bus_slot *slot;
static struct pci_dev *port;

static void insert(struct kunit *test)
{
	if (!IS_ENABLED(CONFIG_PCIEAER))
		kunit_skip(test, "needs CONFIG_PCIEAER");
	fake_bus_create(test, &fake_bus_p40, NULL);
	slot = fake_bus_slot(test, 0);
	port = fake_bus_port(slot);
	fake_bus_put(&slot->port, AER(PCI_ERR_UNCOR_MASK), 4, FOUND);
	fake_bus_put(&slot->port, AER(PCI_ERR_UNCOR_STATUS), 4, 0);
}

static u32 mask(void)
{
	return fake_bus_get(&slot->port, AER(PCI_ERR_UNCOR_MASK), 4);
}

static u32 status(void)
{
	return fake_bus_get(&slot->port, AER(PCI_ERR_UNCOR_STATUS), 4);
}

static void users_nest_in_any_order(struct kunit *test)
{
	insert(test);
	/* two cards below one port */
	gpupt_port_errors_mask(port, GPUPT_PORT_ACCESS);
	KUNIT_EXPECT_EQ(test, mask(), FOUND | ACCESS);
	gpupt_port_errors_mask(port, GPUPT_PORT_ACCESS);
	gpupt_port_errors_unmask(port, GPUPT_PORT_ACCESS);
	KUNIT_EXPECT_EQ(test, mask(), FOUND | ACCESS);
	gpupt_port_errors_unmask(port, GPUPT_PORT_ACCESS);
	KUNIT_EXPECT_EQ(test, mask(), FOUND);
	/* a read during a bus reset, which ends first */
	gpupt_port_errors_mask(port, GPUPT_PORT_RESET);
	gpupt_port_errors_mask(port, GPUPT_PORT_ACCESS);
	KUNIT_EXPECT_EQ(test, mask(), FOUND | RESET);
	gpupt_port_errors_unmask(port, GPUPT_PORT_RESET);
	KUNIT_EXPECT_EQ(test, mask(), FOUND | ACCESS);
	gpupt_port_errors_unmask(port, GPUPT_PORT_ACCESS);
	KUNIT_EXPECT_EQ(test, mask(), FOUND);
	/* and one too many changes nothing */
	gpupt_port_errors_unmask(port, GPUPT_PORT_ACCESS);
	KUNIT_EXPECT_EQ(test, mask(), FOUND);
	/* there is no port on a root bus */
	gpupt_port_errors_mask(NULL, GPUPT_PORT_ACCESS);
	gpupt_port_errors_unmask(NULL, GPUPT_PORT_ACCESS);
}

static void clears_what_the_access_caused_and_nothing_else(struct kunit *test)
{
	insert(test);
	fake_bus_put(&slot->port, AER(PCI_ERR_UNCOR_STATUS), 4, PCI_ERR_UNC_UNSUP);
	gpupt_port_errors_mask(port, GPUPT_PORT_ACCESS);
	fake_bus_put(&slot->port, AER(PCI_ERR_UNCOR_STATUS), 4,
		     ACCESS | PCI_ERR_UNC_SURPDN | PCI_ERR_UNC_POISON_TLP);
	gpupt_port_errors_unmask(port, GPUPT_PORT_ACCESS);
	KUNIT_EXPECT_EQ(test, status(), (u32)(PCI_ERR_UNC_UNSUP | PCI_ERR_UNC_SURPDN |
					      PCI_ERR_UNC_POISON_TLP));
}

static void firmwares_registers_are_left_alone(struct kunit *test)
{
	u16 pos = FAKE_BUS_PORT_EXP + PCI_EXP_DEVCTL;

	insert(test);
	KUNIT_EXPECT_TRUE(test, gpupt_port_errors_are_harmless(NULL));
	fake_bus_put(&slot->port, pos, 2, PCI_EXP_DEVCTL_NFERE);
	/* the kernel's are masked */
	KUNIT_EXPECT_TRUE(test, gpupt_port_errors_are_harmless(port));
	pci_find_host_bridge(port->bus)->native_aer = 0;
	gpupt_port_errors_mask(port, GPUPT_PORT_ACCESS);
	KUNIT_EXPECT_EQ(test, mask(), FOUND);
	gpupt_port_errors_unmask(port, GPUPT_PORT_ACCESS);
	/* firmware's are not, and it would hear of it */
	KUNIT_EXPECT_FALSE(test, gpupt_port_errors_are_harmless(port));
	fake_bus_put(&slot->port, AER(PCI_ERR_UNCOR_MASK), 4, PCI_ERR_UNC_COMP_TIME);
	KUNIT_EXPECT_TRUE(test, gpupt_port_errors_are_harmless(port));
	fake_bus_put(&slot->port, AER(PCI_ERR_UNCOR_MASK), 4, 0);
	KUNIT_EXPECT_FALSE(test, gpupt_port_errors_are_harmless(port));
	fake_bus_put(&slot->port, pos, 2, 0);
	KUNIT_EXPECT_TRUE(test, gpupt_port_errors_are_harmless(port));
}

/* The port reports then, as it does without the module. */
static void bears_lack_of_memory(struct kunit *test)
{
	fail_nth_need(test);
	insert(test);
	fail_nth_begin(1);
	gpupt_port_errors_mask(port, GPUPT_PORT_ACCESS);
	KUNIT_EXPECT_TRUE(test, fail_nth_end());
	KUNIT_EXPECT_EQ(test, mask(), FOUND);
	gpupt_port_errors_unmask(port, GPUPT_PORT_ACCESS);
	KUNIT_EXPECT_EQ(test, mask(), FOUND);
}

static void tear_down(struct kunit *test)
{
	fake_bus_destroy(test);
}

static struct kunit_case port_errors_cases[] = {
	KUNIT_CASE(users_nest_in_any_order),
	KUNIT_CASE(clears_what_the_access_caused_and_nothing_else),
	KUNIT_CASE(firmwares_registers_are_left_alone),
	KUNIT_CASE(bears_lack_of_memory),
	{}
};

static struct kunit_suite port_errors_suite = {
	.name = "gpupt_reset_port_errors",
	.exit = tear_down,
	.test_cases = port_errors_cases,
};

kunit_test_suite(port_errors_suite);
