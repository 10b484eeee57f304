package admin

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/avanter/voki/call"
)

// tagWriters is how many calls are tagged at once, so that they share syncs of the disk.
const tagWriters = 64

// Import implements [Ops].
func (l *Local) Import(ctx context.Context, tenant string, lines [][]byte) (ImportResult, error) {
	tags, err := l.Tags(ctx, tenant)
	if err != nil {
		return ImportResult{}, err
	}
	b := batch{catalogue: map[string]bool{}}
	for _, t := range tags {
		b.catalogue[t.ID] = true
	}
	for i, line := range lines {
		b.add(i, line)
	}
	if len(b.calls) > 0 {
		err = l.take(ctx, tenant, &b)
	}
	slices.SortFunc(b.result.Bad, func(a, b BadRow) int { return a.Index - b.Index })
	return b.result, err
}

// take writes the rows of a batch that can be read.
func (l *Local) take(ctx context.Context, tenant string, b *batch) error {
	results, err := l.Voki.Calls.Import(ctx, actor(tenant), b.calls)
	if err != nil {
		return err
	}
	g, tagging := errgroup.WithContext(ctx)
	g.SetLimit(tagWriters)
	for i, r := range results {
		switch {
		case r.Err != nil:
			b.bad(b.places[i], r.Err)
			continue
		case r.Existed:
			b.result.Existed++
		default:
			b.result.Imported++
		}
		if len(b.tags[i]) > 0 {
			g.Go(func() error { return l.tagCall(tagging, tenant, b.calls[i].ID, b.tags[i]) })
		}
	}
	return g.Wait()
}

func (l *Local) tagCall(ctx context.Context, tenant, id string, tags []string) error {
	for _, t := range tags {
		if _, _, err := l.Voki.Tags.Add(ctx, actor(tenant), id, t); err != nil {
			return fmt.Errorf("tag call %s: %w", id, err)
		}
	}
	return nil
}

// batch is some rows on their way in.
type batch struct {
	catalogue map[string]bool

	calls  []call.Call
	tags   [][]string // of each call
	places []int      // of each call among the rows

	result ImportResult
}

func (b *batch) add(place int, line []byte) {
	row, err := parseRow(line)
	if err != nil {
		b.bad(place, err)
		return
	}
	var tags []string
	for _, t := range row.Tags {
		if !b.catalogue[t.ID] {
			b.bad(place, fmt.Errorf("tags: %q is not in the catalogue", t.ID))
			return
		}
		tags = append(tags, t.ID)
	}
	b.calls = append(b.calls, row.Call())
	b.tags = append(b.tags, tags)
	b.places = append(b.places, place)
}

func (b *batch) bad(place int, err error) {
	b.result.Bad = append(b.result.Bad, BadRow{Index: place, Reason: err.Error()})
}
