// Package demo fills a store with the company that the API page shows: its call, tag, transcript, summary and a
// recording, and as many other calls as its list counts.
package demo

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/avanter/voki"
	"github.com/avanter/voki/ai"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/examples/selfhosted/config"
	"github.com/avanter/voki/media"
	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/tag"
)

// Configuration declares the demonstration's companies, in the form of voki.yaml.
//
//go:embed demo.yaml
var Configuration []byte

// recording is a test picture and a quiet tone, as long as the page's call.
//
//go:embed recording.webm
var recording []byte

// What the page names.
const (
	Tenant     = "avanter"
	Department = "e5f6a7b8-c9d0-1234-efgh-567890123456"
	Attendant  = "a1b2c3d4-e5f6-7890-abcd-ef1234567890"
	CallID     = "1a2b3c4d-5e6f-7890-abcd-ef1234567890"
	TagID      = "t1a2b3c4-d5e6-7890-abcd-ef1234567890"
	LinkToken  = "suporte"

	owner = "d4e5f6a7-b8c9-0123-defa-234567890123"
)

// loaded is the setting that says that the data is complete.
const loaded = "selfhosted.demo"

// Options say where the data goes.
type Options struct {
	Store  storage.Store
	Blobs  media.BlobStore
	Config *config.Config // declares what [Configuration] does
	Logger *slog.Logger
}

// Load fills the store, once, and returns the id of a queued call, which it makes if there is none. A load that was
// broken off is completed by the next: what is there already is left as it is.
//
// The calls that wait or are in progress have no limits, whatever the company's are, so that they are still there when
// somebody looks.
func Load(ctx context.Context, o Options) (queued string, err error) {
	v, err := voki.New(voki.Options{
		Store: o.Store, Blobs: o.Blobs, Logger: o.Logger,
		Directory: o.Config, Plans: o.Config, Tenants: unlimited{o.Config},
	})
	if err != nil {
		return "", err
	}
	l := loader{v: v, actor: call.Actor{Tenant: Tenant, ID: owner, Name: "Helena Duarte", Role: call.RoleOwner}}
	done, err := isLoaded(ctx, o.Store)
	if err == nil && !done {
		if err = l.all(ctx); err == nil {
			err = finish(ctx, o.Store)
		}
	}
	if err == nil {
		queued, err = l.queued(ctx)
	}
	if err != nil {
		return "", fmt.Errorf("demonstration: %w", err)
	}
	return queued, nil
}

// unlimited gives every company the limits "off".
type unlimited struct{ call.Tenants }

func (u unlimited) Tenant(ctx context.Context, slug string) (call.Tenant, error) {
	t, err := u.Tenants.Tenant(ctx, slug)
	t.Limits = call.Limits{Queue: -1, Answer: -1, Grace: -1, Longest: -1}
	t.MaxQueue = 0
	return t, err
}

func isLoaded(ctx context.Context, store storage.Store) (done bool, err error) {
	err = store.View(ctx, func(tx storage.Tx) error {
		value, err := tx.Setting(loaded)
		done = value != nil
		return err
	})
	return done, err
}

// finish notes that everything is loaded. The department's estimate of the wait is to rest on the calls of the page and
// not on the one that was started the moment it came in.
func finish(ctx context.Context, store storage.Store) error {
	return store.Update(ctx, func(tx storage.Tx) error {
		if err := tx.PutWaits(Tenant, Department, latestWaits()); err != nil {
			return err
		}
		return tx.PutSetting(loaded, []byte(time.Now().UTC().Format(time.RFC3339)))
	})
}

type loader struct {
	v     *voki.Voki
	actor call.Actor
}

// all loads everything that is loaded once.
func (l loader) all(ctx context.Context) error {
	results, err := l.v.Calls.Import(ctx, l.actor, append(others(), pageCall()))
	if err != nil {
		return err
	}
	for _, r := range results {
		if r.Err != nil {
			return r.Err
		}
	}
	_, err = l.v.Tags.Create(ctx, l.actor, tag.Tag{ID: TagID, Name: "Suporte", Color: "#3b82f6"})
	if err != nil {
		return err
	}
	if _, _, err := l.v.Tags.Add(ctx, l.actor, CallID, TagID); err != nil {
		return err
	}
	if err := l.artifacts(ctx); err != nil {
		return err
	}
	_, err = l.v.Media.PutRecording(ctx, l.actor, CallID, pageDuration, bytes.NewReader(recording))
	if err != nil && !errors.Is(err, media.ErrRecorded) {
		return err
	}
	return l.open(ctx)
}

func (l loader) artifacts(ctx context.Context) error {
	_, err := l.v.AI.Transcript(ctx, l.actor, CallID)
	if errors.Is(err, ai.ErrNoTranscript) {
		err = l.v.AI.PutTranscript(ctx, pageTranscript())
	}
	if err != nil {
		return err
	}
	_, err = l.v.AI.Summary(ctx, l.actor, CallID)
	if errors.Is(err, ai.ErrNoSummary) {
		err = l.v.AI.PutSummary(ctx, pageSummary())
	}
	return err
}

// open makes one call that is assigned and one that is active.
func (l loader) open(ctx context.Context) error {
	attendant := call.Actor{Tenant: Tenant, ID: Attendant, Name: "João Silva", Role: call.RoleAttendant}
	for i, status := range []call.Status{call.Assigned, call.Active} {
		page, err := l.v.Calls.List(ctx, l.actor, call.Query{Statuses: []call.Status{status}, Limit: 1})
		if err != nil {
			return err
		}
		if page.Total > 0 {
			continue
		}
		c, err := l.enqueue(ctx, i)
		if err != nil {
			return err
		}
		if _, err := l.v.Calls.Assign(ctx, attendant, c.ID, ""); err != nil {
			return err
		}
		if status == call.Assigned {
			continue
		}
		if _, err := l.v.Calls.Start(ctx, attendant, c.ID); err != nil {
			return err
		}
	}
	return nil
}

// queued returns the id of a queued call that no limit ends.
func (l loader) queued(ctx context.Context) (string, error) {
	waiting := call.Query{Statuses: []call.Status{call.Queued}, Departments: []string{Department}, Asc: true}
	for c, err := range l.v.Calls.All(ctx, l.actor, waiting) {
		if err != nil {
			return "", err
		}
		if c.Limits.Queue == 0 && c.Limits.Answer == 0 {
			return c.ID, nil
		}
	}
	c, err := l.enqueue(ctx, 2)
	return c.ID, err
}

// enqueue lets one of a few customers join.
func (l loader) enqueue(ctx context.Context, customer int) (call.Call, error) {
	people := []call.Customer{
		{Name: "Rafael Monteiro", Email: "rafael.monteiro@email.com", Phone: "+5521988887777"},
		{Name: "Camila Rocha", Email: "camila.rocha@email.com", Phone: "+5531977776666"},
		{Name: "Beatriz Almeida", Email: "beatriz.almeida@email.com", Phone: "+5511966665555"},
	}
	return l.v.Calls.Enqueue(ctx, call.Intake{
		Tenant: Tenant, Department: Department, Customer: people[customer], Reason: "Dúvida sobre a configuração",
	})
}
