// Embed is a host application that has customers of its own, users with sessions, and pages, and lets them call each
// other: Voki's API stands on its mux beside its own routes, behind its own session cookies.
//
//	go run ./examples/embed
//
// prints what to log in with. Begin at site.go: how the API is mounted, on an http.ServeMux and on chi. The host's
// users are in sessions.go, and what Voki asks the host about is in company.go.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/avanter/voki/media"
	"github.com/avanter/voki/storage/bolt"
)

func main() {
	if err := embed(); err != nil {
		fmt.Fprintln(os.Stderr, "embed:", err)
		os.Exit(1)
	}
}

// embed is main, with an error.
func embed() error {
	addr := flag.String("addr", "127.0.0.1:8080", "address to listen on")
	data := flag.String("data", "embed-data", "folder for the database and the files")
	useChi := flag.Bool("chi", false, "route with chi instead of http.ServeMux")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return run(ctx, *addr, *data, *useChi)
}

// run serves until ctx ends.
func run(ctx context.Context, addr, data string, useChi bool) (err error) {
	if err := os.MkdirAll(data, 0o700); err != nil {
		return err
	}
	store, err := bolt.Open(filepath.Join(data, "calls.db"), bolt.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	blobs, err := media.OpenDir(filepath.Join(data, "files"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, blobs.Close()) }()

	site, err := newSite(store, blobs)
	if err != nil {
		return err
	}
	handler := site.serveMux()
	if useChi {
		handler = site.chi()
	}
	server := &http.Server{Addr: addr, Handler: handler, ReadHeaderTimeout: 10 * time.Second}

	for _, u := range site.sessions.users {
		fmt.Printf("http://%s/login  user %s, password %s\n", addr, u.ID, u.password)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return site.voki.Run(ctx) }) // applies the limits of calls
	g.Go(func() error { return site.api.Run(ctx) })  // tells the sockets what happens, and ends them
	g.Go(func() error { return site.follow(ctx, slog.Default()) })
	g.Go(func() error {
		if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	g.Go(func() error {
		<-ctx.Done()
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		return server.Shutdown(grace)
	})
	return g.Wait()
}
