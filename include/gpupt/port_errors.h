/* SPDX-License-Identifier: GPL-2.0 */
/**
 * DOC: Errors that a card causes at the ports above it
 *
 * A read that a hung card does not complete is a Completion Timeout of the requester, which
 * is the root port, and not the port above the card. The kernel's recovery from it speaks to
 * every device below that root port, so every port on the way is kept from reporting it for
 * as long as the read takes.
 */
#ifndef GPUPT_PORT_ERRORS_H
#define GPUPT_PORT_ERRORS_H

#include <linux/types.h>

struct pci_dev;

/**
 * enum gpupt_port_cause - what is done below a port
 * @GPUPT_PORT_ACCESS: registers are accessed that may not answer: Completion Timeout and
 *	Unsupported Request
 * @GPUPT_PORT_RESET: the bus is reset: Surprise Down as well
 * @GPUPT_PORT_CAUSES: number of values, no cause
 */
enum gpupt_port_cause {
	GPUPT_PORT_ACCESS,
	GPUPT_PORT_RESET,
	GPUPT_PORT_CAUSES,
};

/**
 * gpupt_port_errors_mask() - have ports not report the errors of a cause
 * @port: the port above the card, or NULL
 * @cause: with GPUPT_PORT_ACCESS every port up to the root, otherwise @port alone
 *
 * Calls nest, also those of several cards below one port. Registers that firmware has kept
 * for itself are left alone.
 *
 * Context: process context.
 */
void gpupt_port_errors_mask(struct pci_dev *port, enum gpupt_port_cause cause);

/**
 * gpupt_port_errors_unmask() - undo gpupt_port_errors_mask()
 * @port: as there
 * @cause: as there
 *
 * What the cause has left in the status registers is cleared; an error that waited there to
 * be reported before stays.
 *
 * Context: process context.
 */
void gpupt_port_errors_unmask(struct pci_dev *port, enum gpupt_port_cause cause);

/**
 * gpupt_port_errors_are_harmless() - does nobody hear of a read that is not completed?
 * @port: the port above the card, or NULL
 *
 * Every port up to the root is either the kernel's, and can be masked, or does not report
 * a Completion Timeout to the firmware that has it.
 *
 * Context: process context.
 * Return: true when that is so.
 */
bool gpupt_port_errors_are_harmless(struct pci_dev *port);

#endif /* GPUPT_PORT_ERRORS_H */
