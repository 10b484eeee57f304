package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/examples/selfhosted/config"
	"github.com/avanter/voki/examples/selfhosted/datadir"
	"github.com/avanter/voki/examples/selfhosted/relay"
	"github.com/avanter/voki/httpapi"
)

// serveFlags are the flags of serve as they are written.
type serveFlags struct {
	where      place
	addr       string
	demo       bool
	store      string
	publicURL  string
	tlsCert    string
	tlsKey     string
	proxies    []string
	origins    []string
	publicRate int
	webhooks   []string
	limits     limits
	turn       turnFlags
	ai         aiFlags
	logFormat  string
	logLevel   string
}

// limits are the flags for call.Limits.
type limits struct{ queue, answer, grace, longest limit }

// limit is a flag for a duration that may be off.
type limit struct{ d time.Duration }

func (l *limit) Type() string { return "duration" }

func (l *limit) String() string {
	if l.d < 0 {
		return "off"
	}
	return l.d.String()
}

func (l *limit) Set(s string) (err error) {
	l.d, err = config.ParseLimit(s)
	return err
}

// longestDefault ends forgotten calls.
const longestDefault = 4 * time.Hour

func (f *serveFlags) define(c *cobra.Command) {
	f.where.flags(c)
	flags := c.Flags()
	flags.StringVar(&f.addr, "addr", "127.0.0.1:4000", "`address` to listen on; port 0 takes a free one")
	flags.BoolVar(&f.demo, "demo", false, "add the companies and calls of the API page, once, and print what to try")
	flags.StringVar(&f.store, "store", datadir.StoreBolt, "where the data goes, the `store`: bolt: (a file in the data directory) or memory: (gone at the end)")
	flags.StringVar(&f.publicURL, "public-url", "", "`URL` under which clients reach this server; without it, what they asked for")
	flags.StringVar(&f.tlsCert, "tls-cert", "", "`file` with the certificate chain (PEM); needs --tls-key")
	flags.StringVar(&f.tlsKey, "tls-key", "", "`file` with the key of the certificate (PEM)")
	flags.StringSliceVar(&f.proxies, "trusted-proxies", nil, "`CIDRs` of the proxies whose X-Forwarded-For is believed")
	flags.StringSliceVar(&f.origins, "allowed-origins", nil, "web `origins` whose scripts may use the API")
	flags.IntVar(&f.publicRate, "public-rate", 30, "`number` of requests a minute that one address may make to the customers' routes; 0: no limit")
	flags.StringSliceVar(&f.webhooks, "webhook-allow", nil, "`CIDRs` of networks beside the public internet that webhooks may be sent to, also without TLS")
	f.limits = limits{queue: limit{30 * time.Minute}, answer: limit{time.Minute}, grace: limit{time.Minute}, longest: limit{longestDefault}}
	const unless = ", for companies that set none; off: none"
	flags.Var(&f.limits.queue, "queue-limit", "how long a call may wait in the queue"+unless)
	flags.Var(&f.limits.answer, "answer-limit", "how long an agent may take to start an assigned call"+unless)
	flags.Var(&f.limits.grace, "grace", "how long a lost participant may stay away"+unless)
	flags.Var(&f.limits.longest, "longest", "how long a call may last"+unless)
	f.turn.define(c)
	f.ai.define(c)
	flags.StringVar(&f.logFormat, "log-format", "text", "`format` of the log: text or json")
	flags.StringVar(&f.logLevel, "log-level", "info", "least `level` to log: debug, info, warn or error")
}

// checkedFlags is what the flags mean.
type checkedFlags struct {
	limits       call.Limits
	publicRate   int
	proxies      []netip.Prefix
	tls          *tls.Config         // nil: plain HTTP
	ice          []httpapi.ICEServer // of others
	relay        relay.Options       // listens nowhere: none
	scribes      scribes
	webhookAllow []netip.Prefix
	log          *slog.Logger
}

// check says everything that is wrong with the flags.
func (f *serveFlags) check(stderr io.Writer) (o checkedFlags, err error) {
	var wrong []error
	note := func(flag string, err error) {
		if err != nil {
			wrong = append(wrong, fmt.Errorf("--%s: %w", flag, err))
		}
	}
	_, _, err = net.SplitHostPort(f.addr)
	note("addr", err)
	if f.store != datadir.StoreBolt && f.store != datadir.StoreMemory {
		note("store", fmt.Errorf("%q is not known: there are %s and %s", f.store, datadir.StoreBolt, datadir.StoreMemory))
	}
	note("public-url", checkURL(f.publicURL))
	o.tls, err = loadTLS(f.tlsCert, f.tlsKey)
	note("tls-cert and --tls-key", err)
	o.proxies, err = parsePrefixes(f.proxies)
	note("trusted-proxies", err)
	o.webhookAllow, err = parsePrefixes(f.webhooks)
	note("webhook-allow", err)
	o.relay, o.ice = f.turn.check(note)
	o.scribes, err = f.ai.check(note)
	wrong = append(wrong, err)
	for _, origin := range f.origins {
		if origin != "*" {
			note("allowed-origins", checkURL(origin))
		}
	}
	if f.publicRate < 0 {
		note("public-rate", fmt.Errorf("%d is below 0", f.publicRate))
	}
	if o.publicRate = f.publicRate; f.publicRate == 0 {
		o.publicRate = -1
	}
	o.limits = call.Limits{Queue: f.limits.queue.d, Answer: f.limits.answer.d, Grace: f.limits.grace.d, Longest: f.limits.longest.d}
	if o.limits.Longest == 0 {
		o.limits.Longest = longestDefault
	}
	o.log, err = newLogger(stderr, f.logFormat, f.logLevel)
	wrong = append(wrong, err)
	return o, errors.Join(wrong...)
}

func checkURL(s string) error {
	if s == "" {
		return nil
	}
	if u, err := url.Parse(s); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("%q is no address that begins with http:// or https://", s)
	}
	return nil
}

func parsePrefixes(list []string) (prefixes []netip.Prefix, err error) {
	for _, s := range list {
		p, wrong := parsePrefix(s)
		prefixes, err = append(prefixes, p), errors.Join(err, wrong)
	}
	return prefixes, err
}

// parsePrefix reads a CIDR, or an address for itself.
func parsePrefix(s string) (netip.Prefix, error) {
	s = strings.TrimSpace(s)
	if a, err := netip.ParseAddr(s); err == nil {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return p, fmt.Errorf("%q is neither an address nor a range such as 10.0.0.0/8", s)
	}
	return p.Masked(), nil
}

func loadTLS(cert, key string) (*tls.Config, error) {
	switch {
	case cert == "" && key == "":
		return nil, nil
	case cert == "" || key == "":
		return nil, errors.New("one needs the other")
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, err
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, nil
}

func newLogger(w io.Writer, format, level string) (*slog.Logger, error) {
	var least slog.Level
	if err := least.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("--log-level: %q must be debug, info, warn or error", level)
	}
	o := &slog.HandlerOptions{Level: least}
	switch format {
	case "text":
		return slog.New(slog.NewTextHandler(w, o)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(w, o)), nil
	}
	return nil, fmt.Errorf("--log-format: %q must be text or json", format)
}
