package server

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"
)

// Listeners is what [Run] serves, and where.
type Listeners struct {
	Public  net.Listener
	Handler http.Handler
	TLS     *tls.Config // nil: plain HTTP

	Admin        net.Listener
	AdminHandler http.Handler

	Logger *slog.Logger
}

const (
	// drainTime is how long requests may take to finish when the server ends.
	drainTime = 7 * time.Second

	headerTime = 10 * time.Second
	idleTime   = 2 * time.Minute
	maxHeader  = 64 << 10
)

// Run serves, beside what sockets and background do, until ctx ends or something fails. Then it drains: it takes no new
// connections, ends sockets and lets requests finish, for some seconds, before it ends background.
func Run(ctx context.Context, l Listeners, sockets, background func(context.Context) error) error {
	// The timeouts of whole requests and replies are left out: large files take as long as they take.
	errorLog := slog.NewLogLogger(l.Logger.Handler(), slog.LevelDebug)
	public := &http.Server{
		Handler: l.Handler, TLSConfig: l.TLS, ErrorLog: errorLog,
		ReadHeaderTimeout: headerTime, IdleTimeout: idleTime, MaxHeaderBytes: maxHeader,
	}
	commands, endCommands := context.WithCancel(context.WithoutCancel(ctx))
	defer endCommands()
	admin := &http.Server{
		Handler: l.AdminHandler, ErrorLog: errorLog, ReadHeaderTimeout: headerTime,
		BaseContext: func(net.Listener) context.Context { return commands },
	}
	behind, endBehind := context.WithCancel(context.WithoutCancel(ctx))
	defer endBehind()

	g, ended := errgroup.WithContext(ctx)
	g.Go(func() error {
		if l.TLS != nil {
			return served(public.ServeTLS(l.Public, "", ""))
		}
		return served(public.Serve(l.Public))
	})
	g.Go(func() error { return served(admin.Serve(l.Admin)) })
	g.Go(func() error { return background(behind) })
	var connected errgroup.Group // until the sockets have gone
	connected.Go(func() error { return sockets(ended) })
	g.Go(func() error {
		<-ended.Done() // the order to end, or a failure of one of the others
		l.Logger.InfoContext(ctx, "draining")
		endCommands()
		drain(l.Logger, public, admin)
		err := connected.Wait()
		endBehind()
		return err
	})
	return g.Wait()
}

func served(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// drain lets requests finish and cuts off those that take too long.
func drain(log *slog.Logger, servers ...*http.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	var g errgroup.Group
	for _, s := range servers {
		g.Go(func() error {
			if err := s.Shutdown(ctx); err != nil {
				log.Warn("requests are cut off", "error", err)
				return s.Close()
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		log.Warn("connections could not be closed", "error", err)
	}
}
