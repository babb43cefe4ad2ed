/* SPDX-License-Identifier: MIT */
/*
 * tools - what the program does besides serving.
 */
#ifndef CONTROLPLANE_TOOLS_H
#define CONTROLPLANE_TOOLS_H

/* millrace-controlplane keyring [FILE]: a new key ring, to FILE or to standard output. */
int tools_keyring(int argc, char **argv);

/* millrace-controlplane migrate [options]: brings the schema up to date and ends. */
int tools_migrate(int argc, char **argv);

#endif
