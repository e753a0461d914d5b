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
 * @by_id: @vendor and @device have to match
 * @by_place: @domain, @bus and @slot have to match
 * @vendor: PCI vendor ID
 * @device: PCI device ID
 * @domain: PCI domain
 * @bus: PCI bus number
 * @slot: device number, 0 to 31; an entry means every function of it
 */
struct gpupt_match {
	bool by_id;
	bool by_place;
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
 * @text: entries ``[dddd:]bb:dd[.f]``, ``vvvv:dddd``, or both with ``=`` between
 *	them, all hexadecimal; empty text is an empty list; white space around @text
 *	is ignored
 * @list: filled; unchanged on error
 *
 * Context: may sleep.
 * Return: 0, -EINVAL for an entry that is none of these, -E2BIG for more than
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

/**
 * gpupt_param_list_denies() - does an entry name the place, but another ID?
 * @list: the list
 * @domain: PCI domain of a function
 * @bus: its bus number
 * @slot: its device number
 * @vendor: its vendor ID
 * @device: its device ID
 *
 * A card that was moved to another slot is not to be taken for the one that was
 * meant.
 *
 * Context: any.
 * Return: true when one does.
 */
bool gpupt_param_list_denies(const struct gpupt_match_list *list, int domain, u8 bus, u8 slot,
			     u16 vendor, u16 device);

/**
 * gpupt_param_take_word() - find a word in a comma separated list, and take it out
 * @text: the list, changed
 * @word: the word
 *
 * Context: any.
 * Return: true when it was there.
 */
bool gpupt_param_take_word(char *text, const char *word);

#endif /* GPUPT_PARAM_H */
