//go:build !unix

package command

import "os/exec"

// ownGroup does nothing: there are no process groups.
func ownGroup(*exec.Cmd) {}

// killGroup ends the program; its children live on.
func killGroup(c *exec.Cmd) error { return c.Process.Kill() }
