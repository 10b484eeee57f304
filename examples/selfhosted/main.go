// Voki is video-call customer service as a single binary: the library behind a command line, with its data in one
// directory and its configuration in one file.
//
// It is a host like any other: it uses nothing that another program could not import. The folders beside this file
// are config (who is who), datadir (what lies where), admin (what commands do to the data), server (HTTP around the
// API), relay (the TURN server) and demo (the company of the API page).
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() { os.Exit(run(os.Args[1:])) }

// run runs a command and returns the exit code of the process.
func run(args []string) int {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		signal.Stop(signals) // before anything ends: the next one is not caught and ends the process at once
		cancel()
	}()

	root := newRoot()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	var exit exitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return int(exit)
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		fmt.Fprintln(os.Stderr, "voki: interrupted")
		return exitInterrupted
	}
	fmt.Fprintln(os.Stderr, "voki:", err)
	return exitFailed
}

// The exit codes.
const (
	exitFailed      = 1
	exitInterrupted = 130
)

// exitError ends the process with its code after everything has been said.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit code %d", int(e)) }
