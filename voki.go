// Package voki is video-call customer service as a library: a customer opens a link and queues; an agent takes the
// call, starts it, tags it, adds files and completes it; limits and grace periods are decided here, survive a crash,
// and every change is in an append-only log.
//
// [New] wires the services to a store; package httpapi serves them over HTTP. The packages call, presence, tag, notes,
// media and ai hold the rules, storage the contract of what keeps the data.
package voki

import (
	"context"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/avanter/voki/ai"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/call/follow"
	"github.com/avanter/voki/media"
	"github.com/avanter/voki/notes"
	"github.com/avanter/voki/presence"
	"github.com/avanter/voki/privacy"
	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/tag"
)

// Options say what Voki works with. Only Store is required. A store that no other process uses ([storage.Exclusive])
// has one Voki at a time: who is present in it when a Voki is made has been lost by the one before; see package presence.
type Options struct {
	Store storage.Store   // keeps everything but blobs; the host closes it after Run has returned
	Blobs media.BlobStore // keeps uploads and recordings. Defaults to one in memory

	Directory call.Directory // who and what there is. Defaults to one that knows every id, and no names
	Tenants   call.Tenants   // which companies there are. Defaults to one that knows every slug
	Plans     ai.Plans       // which features they have. Defaults to none

	Transcriber ai.Transcriber // writes down what is said in recordings. Defaults to none: no transcripts are made
	Summarizer  ai.Summarizer  // makes summaries of transcripts. Defaults to none
	Languages   ai.Languages   // what is spoken. Defaults to one that does not know
	Prompts     fs.FS          // summary.txt, piece.txt, join.txt in place of those in ai/prompts. Defaults to these
	AIWorkers   int            // transcripts and summaries made at once. Defaults to 2
	AIPieceSize int            // characters of a transcript that are summarised at once. Defaults to 48,000
	AILimit     time.Duration  // of one try at a transcript or summary. Defaults to 2 h

	Limits       call.Limits  // for tenants that set none. Zero fields default as call.Limits says
	MaxUpload    int64        // bytes of one uploaded file. Defaults to 50 MiB
	MaxRecording int64        // bytes of one recording. Defaults to 4 GiB
	MaxPart      int64        // bytes of one part of a recording. Defaults to 64 MiB
	Prober       media.Prober // finds how long a recording is. Defaults to none: the call's own duration stands in
	Logger       *slog.Logger // gets no names, texts or tokens. Defaults to one that discards
}

// Voki is the services, wired together. It is safe for concurrent use.
type Voki struct {
	Calls *call.Service
	Tags  *tag.Service
	Notes *notes.Service
	Media *media.Service
	AI    *ai.Service

	Presence *presence.Service // participants and agents
	Privacy  *privacy.Service  // what is kept about a customer: export, erasure
	Jobs     *follow.Jobs      // what follows from calls, and is done later; see [Voki.Queue]

	artifacts *follow.Queue[ai.JobTx] // nil: nobody makes any

	store   storage.Store
	secret  []byte
	started time.Time
	log     *slog.Logger
}

// New wires the services. It fails without a Store, or if the store cannot be read.
func New(o Options) (*Voki, error) {
	if o.Store == nil {
		return nil, errors.New("voki: Options.Store is required")
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	_, exclusive := o.Store.(storage.Exclusive)
	present, err := presence.NewService(context.Background(), storage.Narrow[call.Tx](o.Store), presence.Options{
		Exclusive: exclusive, Logger: o.Logger,
	})
	if err != nil {
		return nil, fmt.Errorf("voki: %w", err)
	}
	v := &Voki{
		Presence: present,
		Calls: call.NewService(storage.NarrowCalls(o.Store), call.Options{
			Directory: o.Directory, Tenants: o.Tenants, Agents: present, Limits: o.Limits, Logger: o.Logger,
		}),
		Tags:  tag.NewService(storage.Narrow[tag.Tx](o.Store)),
		Notes: notes.NewService(storage.Narrow[notes.Tx](o.Store)),
		Media: media.NewService(storage.Narrow[media.Tx](o.Store), media.Options{
			Blobs: o.Blobs, MaxUpload: o.MaxUpload, MaxRecording: o.MaxRecording, MaxPart: o.MaxPart,
			Prober: o.Prober, Tenants: o.Tenants, Logger: o.Logger,
		}),
		AI:      ai.NewService(storage.Narrow[ai.Tx](o.Store), o.Plans),
		Jobs:    follow.NewJobs(storage.Narrow[follow.Tx](o.Store)),
		store:   o.Store,
		started: call.Now(),
		log:     o.Logger,
	}
	if v.artifacts, err = artifacts(v.Media, v.Jobs, o); err != nil {
		return nil, fmt.Errorf("voki: %w", err)
	}
	v.Privacy = privacy.NewService(storage.Narrow[privacy.Tx](o.Store), v.Calls, v.Media)
	v.secret, err = secret(o.Store)
	if err != nil {
		return nil, fmt.Errorf("voki: %w", err)
	}
	return v, nil
}

// Run does what nobody asks for: it applies limits as they pass, counts those as lost who were connected to a process
// that died, finishes recordings that browsers left unfinished, removes old ones, clears what else a crash left behind,
// and has transcripts and summaries made. It returns nil when ctx ends, and nothing runs on after it.
func (v *Voki) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return v.Calls.Run(ctx) })
	g.Go(func() error { return v.Presence.Run(ctx) })
	g.Go(func() error { return v.Media.Run(ctx) })
	g.Go(func() error { v.clearLeftovers(ctx); return nil })
	if v.artifacts != nil {
		g.Go(func() error { return v.artifacts.Run(ctx) })
	}
	return g.Wait()
}

const (
	// sharedUploadAge is how old an unfinished upload must be, on a store that other processes use too, before it is
	// taken for one whose process died.
	sharedUploadAge = 24 * time.Hour
	// leftoverPause is the time between two looks for leftovers, leftoverRetry that after one that failed.
	leftoverPause = time.Hour
	leftoverRetry = time.Minute
)

// clearLeftovers removes what unfinished uploads left, now and then again, until ctx ends. On a store of its own, all
// that is older than this process is left over.
func (v *Voki) clearLeftovers(ctx context.Context) {
	_, alone := v.store.(storage.Exclusive)
	for {
		before := v.started
		if !alone {
			before = call.Now().Add(-sharedUploadAge)
		}
		pause := leftoverPause
		if err := v.Media.Recover(ctx, before); err != nil && ctx.Err() == nil {
			v.log.ErrorContext(ctx, "leftovers of unfinished uploads could not be removed", "error", err)
			pause = leftoverRetry
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// Events iterates over a tenant's log behind the number after, and goes on with what is appended until ctx ends; see
// [call.Service.Events].
func (v *Voki) Events(ctx context.Context, tenant string, after uint64) iter.Seq2[call.Event, error] {
	return v.Calls.Events(ctx, tenant, after)
}

// Health returns why the store takes no writes, or nil if it takes them or cannot tell.
func (v *Voki) Health() error {
	if h, ok := v.store.(storage.Healther); ok {
		return h.Health()
	}
	return nil
}

// Key returns a secret key of 32 bytes for a purpose. It is the same after a restart on the same store, and tells
// nothing about the key of another purpose.
func (v *Voki) Key(purpose string) []byte {
	key, err := hkdf.Key(sha256.New, v.secret, nil, purpose, 32)
	if err != nil { // only for a length that SHA-256 cannot give
		panic(err)
	}
	return key
}

// secret reads the installation's secret, and makes it the first time.
func secret(store storage.Store) (key []byte, err error) {
	const name = "secret"
	fresh := make([]byte, 32)
	if _, err := rand.Read(fresh); err != nil {
		return nil, err
	}
	err = store.View(context.Background(), func(tx storage.Tx) error {
		key, err = tx.Setting(name)
		return err
	})
	if err != nil || key != nil {
		return key, err
	}
	err = store.Update(context.Background(), func(tx storage.Tx) error {
		if key, err = tx.Setting(name); err != nil || key != nil {
			return err
		}
		key = fresh
		return tx.PutSetting(name, fresh)
	})
	return key, err
}
