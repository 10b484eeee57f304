//go:build unix

package command

import (
	"errors"
	"os/exec"
	"syscall"
)

// ownGroup lets the program begin a process group, so that its children can be found.
func ownGroup(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// killGroup ends the program and all its children that have not left the group.
func killGroup(c *exec.Cmd) error {
	err := syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
	if errors.Is(err, syscall.ESRCH) {
		return nil
	}
	return err
}
