/* SPDX-License-Identifier: Apache-2.0 */
/*
 * svm_enter.h - between svm_enter.S and C
 */
#ifndef X86_KVM_SVM_ENTER_H
#define X86_KVM_SVM_ENTER_H

/* svm_enter_flags, set once */
#define SVM_ENTER_FILL	1	/* return stack filled after the exit */
#define SVM_ENTER_VERW	2	/* VERW before the entry */

#define RSB_ENTRIES	32

#endif
