// Package e2e holds the tests that use muster the way people do: the built
// binary serves, OpenSSH's client connects from a pseudo-terminal, a terminal
// emulator shows what comes, and mails arrive at a real SMTP server. Nothing in
// them knows how muster is made.
//
//	go test ./internal/tools/e2e            all of it
//	go test ./internal/tools/e2e -update    write the kept frames anew
package e2e
