/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mce.h - what a machine-check bank says
 *
 * Intel SDM vol. 3, 16.3.2 (banks) and 16.6 (recoverable errors).
 */
#ifndef X86_MCE_H
#define X86_MCE_H

#include <socle/types.h>

#define MCI_VALID	BIT(63)
#define MCI_UNCORRECTED	BIT(61)
#define MCI_ENABLED	BIT(60)
#define MCI_HAS_ADDRESS	BIT(58)
#define MCI_CORRUPT	BIT(57)		/* the processor's own state */
#define MCG_RIP_VALID	BIT(0)

enum mce_severity {
	MCE_NONE,
	MCE_CORRECTED,		/* told, nothing else */
	MCE_FATAL,		/* data is lost */
};

static inline enum mce_severity mce_severity(u64 status)
{
	if (!(status & MCI_VALID))
		return MCE_NONE;
	return status & (MCI_UNCORRECTED | MCI_CORRUPT) ? MCE_FATAL : MCE_CORRECTED;
}

#endif
