/* SPDX-License-Identifier: GPL-2.0 */
/**
 * DOC: Parameters
 *
 * Parsers of module parameters. Text from the user is taken whole or not at
 * all: one bad word refuses the parameter.
 */
#ifndef GPUPT_PARAM_H
#define GPUPT_PARAM_H

#include <linux/types.h>

/**
 * struct gpupt_match - one entry of a list of cards
 * @by_id: match @vendor and @device, else @domain, @bus, @slot
 * @vendor: PCI vendor ID
 * @device: PCI device ID
 * @domain: PCI domain
 * @bus: PCI bus number
 * @slot: device number, 0 to 31; an entry means every function of it
 */
struct gpupt_match {
	bool by_id;
	u16 vendor;
	u16 device;
	int domain;
	u8 bus;
	u8 slot;
};

#define GPUPT_MATCHES	32

/**
 * struct gpupt_match_list - list of cards
 * @count: entries used
 * @entry: the entries
 */
struct gpupt_match_list {
	unsigned int count;
	struct gpupt_match entry[GPUPT_MATCHES];
};

/**
 * gpupt_param_parse_list() - parse a comma separated list of cards
 * @text: entries ``[dddd:]bb:dd[.f]`` or ``vvvv:dddd``, all hexadecimal; empty
 *	text is an empty list; white space around @text is ignored
 * @list: filled; unchanged on error
 *
 * Context: may sleep.
 * Return: 0, -EINVAL for an entry that is neither, -E2BIG for more than
 * GPUPT_MATCHES entries, -ENOMEM.
 */
int gpupt_param_parse_list(const char *text, struct gpupt_match_list *list);

/**
 * gpupt_param_list_has() - is a function in a list of cards?
 * @list: the list
 * @domain: its PCI domain
 * @bus: its bus number
 * @slot: its device number
 * @vendor: its vendor ID
 * @device: its device ID
 *
 * Context: any.
 * Return: true when an entry covers it.
 */
bool gpupt_param_list_has(const struct gpupt_match_list *list, int domain, u8 bus, u8 slot,
			  u16 vendor, u16 device);

#endif /* GPUPT_PARAM_H */
