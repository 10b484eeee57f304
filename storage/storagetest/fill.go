package storagetest

import (
	"fmt"
	"reflect"
	"time"

	"github.com/avanter/voki/ai"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/call/follow"
	"github.com/avanter/voki/media"
	"github.com/avanter/voki/notes"
	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/tag"
)

// at is a time of the suite's own, so many seconds after its beginning, with microseconds.
func at(seconds int) time.Time {
	return time.Date(2026, 3, 1, 9, 0, 0, 123_456_000, time.UTC).Add(time.Duration(seconds) * time.Second)
}

// filled returns a T each of whose fields has a value of its own, told apart by the seed too. It finds the fields by
// itself, so that a store which forgets a field is found out as soon as the field is there.
func filled[T any](seed int) (v T) {
	f := filler{n: seed * 1000}
	f.fill(reflect.ValueOf(&v).Elem(), "")
	return v
}

type filler struct{ n int }

func (f *filler) fill(v reflect.Value, name string) {
	f.n++
	switch p := v.Addr().Interface().(type) {
	case *time.Time:
		*p = at(f.n).Add(time.Duration(f.n) * time.Microsecond)
		return
	case *time.Duration:
		*p = time.Duration(f.n)*time.Minute + time.Duration(f.n)*time.Microsecond
		return
	case *call.Status:
		*p = call.Statuses()[f.n%len(call.Statuses())]
		return
	case *call.EndReason:
		*p = call.EndDisconnect
		return
	case *call.Side:
		*p = call.SideCustomer
		return
	case *follow.State:
		*p = follow.States()[f.n%len(follow.States())]
		return
	case *call.Kind:
		*p = call.KindDisconnected
		return
	case *media.TrackName:
		*p = media.TrackAgent
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			f.fill(v.Field(i), v.Type().Field(i).Name)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			f.fill(v.Index(i), name)
		}
	case reflect.String:
		v.SetString(fmt.Sprintf(`%s-%d-é'"\%%_日`, name, f.n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int:
		v.SetInt(int64(f.n%5 + 1)) // a rating
	case reflect.Int64:
		v.SetInt(1<<40 + int64(f.n))
	case reflect.Uint64:
		v.SetUint(1<<40 + uint64(f.n))
	default:
		panic(fmt.Sprintf("storagetest: give field %s of type %s a value here", name, v.Type()))
	}
}

// newCall is a queued call in the department "support", so many seconds after the beginning, that has no limits.
func newCall(tenant, id string, seconds int) call.Call {
	return call.Call{
		Tenant: tenant, ID: id, Status: call.Queued,
		Department: call.Ref{ID: "support", Name: "Support"}, Customer: call.Customer{Name: "Maria"},
		InsertedAt: at(seconds),
	}
}

// newEvent is what reports that a call was made.
func newEvent(tenant, callID string) call.Event {
	return call.Event{Tenant: tenant, Time: at(0), CallID: callID, Kind: call.KindCreated}
}

// writeAll puts something under the tenant and the id, which also is that of a department, a setting, a queue and a
// lane, into every table. The seed tells what is written apart.
func writeAll(tx storage.Tx, tenant, id string, seed int) error {
	c := filled[call.Call](seed)
	c.Tenant, c.ID, c.Status, c.Department.ID = tenant, id, call.Queued, id
	e := filled[call.Event](seed)
	e.Tenant, e.CallID, e.Seq = tenant, id, 0
	t := filled[tag.Tag](seed)
	t.Tenant, t.ID = tenant, id
	n := filled[notes.Note](seed)
	n.Tenant, n.CallID = tenant, id
	f := filled[media.File](seed)
	f.Tenant, f.CallID, f.ID = tenant, id, id
	r := filled[media.Recording](seed)
	r.Tenant, r.CallID = tenant, id
	d := filled[media.Draft](seed)
	d.Tenant, d.CallID = tenant, id
	part := filled[media.Part](seed)
	part.Tenant, part.CallID = tenant, id
	script := filled[ai.Transcript](seed)
	script.Tenant, script.CallID = tenant, id
	sum := filled[ai.Summary](seed)
	sum.Tenant, sum.CallID = tenant, id
	j := filled[follow.Job](seed)
	j.Tenant, j.ID, j.Queue, j.Lane, j.Target = tenant, id, id, id, id
	p := media.Pending{Key: pendingKey(tenant, id), Time: at(seed), Doomed: seed%2 == 1}

	written, err := tx.AppendEvent(e)
	if err != nil {
		return err
	}
	n.Seq = written.Seq
	for _, put := range []func() error{
		func() error { return tx.PutCall(c) },
		func() error { return tx.PutWaits(tenant, id, []time.Duration{time.Duration(seed) * time.Second, 0}) },
		func() error { return tx.PutTag(t) },
		func() error { return tx.PutCallTags(tenant, id, []string{id, fmt.Sprint("tag-", seed)}) },
		func() error { return tx.PutNote(n) },
		func() error { return tx.PutFile(f) },
		func() error { return tx.PutRecording(r) },
		func() error { return tx.PutDraft(d) },
		func() error { return tx.PutPart(part) },
		func() error { return tx.PutPending(p) },
		func() error { return tx.PutTranscript(script) },
		func() error { return tx.PutSummary(sum) },
		func() error { return tx.PutCursor(id, tenant, uint64(seed)) },
		func() error { return tx.PutJob(j) },
		func() error { return tx.PutSetting(id, fmt.Append(nil, "setting of ", tenant, seed)) },
	} {
		if err := put(); err != nil {
			return err
		}
	}
	return nil
}

// pendingKey is a key as package media makes them, of a tenant and an id.
func pendingKey(tenant, id string) string { return fmt.Sprintf("files/%x/%x", tenant, id) }
