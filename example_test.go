package voki_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"strings"
	"time"

	"github.com/avanter/voki"
	"github.com/avanter/voki/ai"
	"github.com/avanter/voki/call"
	"github.com/avanter/voki/media"
	"github.com/avanter/voki/presence"
	"github.com/avanter/voki/storage/memory"
	"github.com/avanter/voki/tag"
)

// Who acts in the examples. A host makes its actors from its own sessions or tokens.
var (
	ana = call.Actor{Tenant: "acme", ID: "ana", Name: "Ana Souza", Role: call.RoleAttendant}
	sam = call.Actor{Tenant: "acme", ID: "sam", Name: "Sam Supervisor", Role: call.RoleSupervisor}
	eva = call.Actor{Tenant: "acme", ID: "eva", Name: "Eva Manager", Role: call.RoleManager}
)

// maria asks for a call.
var maria = call.Intake{
	Tenant: "acme", Department: "support", Customer: call.Customer{Name: "Maria", Email: "maria@example.com"},
}

// The life of a call: queued, assigned, active, completed.
func ExampleNew() {
	ctx := context.Background()
	v, err := voki.New(voki.Options{Store: memory.New()})
	check(err)

	c, err := v.Calls.Enqueue(ctx, maria)
	check(err)
	fmt.Println(c.Status)
	c, err = v.Calls.Assign(ctx, ana, c.ID, "") // to herself
	check(err)
	fmt.Println(c.Status, "to", c.User.Name)
	c, err = v.Calls.Start(ctx, ana, c.ID)
	check(err)
	fmt.Println(c.Status)
	c, err = v.Calls.Complete(ctx, ana, c.ID, "Solved.")
	check(err)
	fmt.Println(c.Status, c.EndReason)

	_, err = v.Calls.Start(ctx, ana, c.ID)
	fmt.Println(err)
	// Output:
	// queued
	// assigned to Ana Souza
	// active
	// completed normal
	// cannot start a call that is completed
}

// Run applies the limits. Here a customer waits a millisecond at most; by default it is half an hour.
func ExampleVoki_Run() {
	v, err := voki.New(voki.Options{
		Store:  memory.New(),
		Limits: call.Limits{Queue: time.Millisecond},
	})
	check(err)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- v.Run(ctx) }()

	_, err = v.Calls.Enqueue(ctx, maria)
	check(err)
	for event, err := range v.Events(ctx, "acme", 0) {
		check(err)
		fmt.Println(event.Kind)
		if event.Kind == call.KindAbandoned {
			break
		}
	}
	stop()
	fmt.Println("Run returned", <-done)
	// Output:
	// call.created
	// call.abandoned
	// Run returned <nil>
}

// Events reads a tenant's log at the reader's own speed. Who keeps the last number goes on from there.
func ExampleVoki_Events() {
	ctx := context.Background()
	v, err := voki.New(voki.Options{Store: memory.New()})
	check(err)
	c, err := v.Calls.Enqueue(ctx, maria)
	check(err)
	_, err = v.Calls.Assign(ctx, ana, c.ID, "")
	check(err)
	_, err = v.Calls.Start(ctx, ana, c.ID)
	check(err)

	var last uint64
	for event, err := range v.Events(ctx, "acme", last) {
		check(err)
		last = event.Seq
		fmt.Println(event.Seq, event.Kind)
		if event.Kind == call.KindAssigned {
			break // as if the process had stopped here
		}
	}
	for event, err := range v.Events(ctx, "acme", last) {
		check(err)
		fmt.Println(event.Seq, event.Kind, "after the restart")
		break
	}
	// Output:
	// 1 call.created
	// 2 call.assigned
	// 3 call.started after the restart
}

// Detail is a call with all that belongs to it. What managers write only supervisors and above can read.
func ExampleVoki_Detail() {
	ctx := context.Background()
	v, c := served()
	_, err := v.Notes.Add(ctx, sam, c.ID, "Excellent service.")
	check(err)

	for _, who := range []call.Actor{ana, sam} {
		detail, err := v.Detail(ctx, who, c.ID)
		check(err)
		fmt.Printf("%s sees %s, manager notes: %t\n", who.Name, detail.Call.Status, detail.Notes != "")
	}
	// Output:
	// Ana Souza sees completed, manager notes: false
	// Sam Supervisor sees completed, manager notes: true
}

// A key of the installation's own, for signing what the host wants to recognize later.
func ExampleVoki_Key() {
	store := memory.New()
	v, err := voki.New(voki.Options{Store: store})
	check(err)
	restarted, err := voki.New(voki.Options{Store: store})
	check(err)
	fmt.Println(string(v.Key("invitations")) == string(restarted.Key("invitations")))
	fmt.Println(string(v.Key("invitations")) == string(v.Key("downloads")))
	// Output:
	// true
	// false
}

// Where a customer stands in the queue.
func Example_queue() {
	ctx := context.Background()
	v, err := voki.New(voki.Options{Store: memory.New()})
	check(err)
	_, err = v.Calls.Enqueue(ctx, maria)
	check(err)
	second, err := v.Calls.Enqueue(ctx, maria)
	check(err)

	w, err := v.Calls.Waiting(ctx, "acme", second.ID)
	check(err)
	fmt.Println(w.Position, w.Estimate)
	_, err = v.Calls.Leave(ctx, "acme", second.ID, call.SideCustomer)
	check(err)
	queue, err := v.Calls.QueueState(ctx, "acme", "support")
	check(err)
	fmt.Println(queue.Size)
	// Output:
	// 2 2m0s
	// 1
}

// A participant who is lost in an active call has a minute to come back.
func Example_reconnection() {
	ctx := context.Background()
	v, c := talking()
	peer, err := v.Presence.Join(ctx, "acme", c.ID, call.SideCustomer)
	check(err)
	check(peer.Lost(ctx)) // her connection broke
	c, err = v.Calls.Get(ctx, ana, c.ID)
	check(err)
	fmt.Println(c.CustomerConn.Present, c.CustomerConn.Deadline.Sub(c.DisconnectedAt))
	peer, err = v.Presence.Join(ctx, "acme", c.ID, call.SideCustomer)
	check(err)
	fmt.Println(peer.Call.CustomerConn.Present, peer.Call.Status)
	// Output:
	// false 1m0s
	// true active
}

// A participant who joins again, from another tab or device, takes over from the connection before.
func Example_takeover() {
	ctx := context.Background()
	v, c := talking()
	laptop, err := v.Presence.Join(ctx, "acme", c.ID, call.SideCustomer)
	check(err)
	phone, err := v.Presence.Join(ctx, "acme", c.ID, call.SideCustomer)
	check(err)
	<-laptop.Taken()
	check(laptop.Lost(ctx)) // the late end of an older connection changes nothing
	c, err = v.Calls.Get(ctx, ana, c.ID)
	check(err)
	fmt.Println(laptop.Epoch(), phone.Epoch(), c.CustomerConn.Present)
	check(phone.Leave(ctx)) // she hangs up
	c, err = v.Calls.Get(ctx, ana, c.ID)
	check(err)
	fmt.Println(c.Status, c.EndReason)
	// Output:
	// 1 2 true
	// completed normal
}

// Agents who are online share the queue, and somebody may watch them come and go.
func Example_agents() {
	ctx := context.Background()
	v, err := voki.New(voki.Options{Store: memory.New()})
	check(err)
	desk, err := v.Presence.Track(ctx, "acme", []string{"support"}, call.Ref{ID: "ana", Name: "Ana Souza"})
	check(err)
	_, err = v.Presence.Track(ctx, "acme", []string{"support", "sales"}, call.Ref{ID: "bia", Name: "Bia Lima"})
	check(err)
	fmt.Println(v.Presence.Online("acme", "support"), v.Presence.Online("acme", "sales"))

	for change := range v.Presence.Watch(ctx, "acme", "support") {
		if change.Reset {
			fmt.Println("here:", len(change.Joins))
			check(desk.SetStatus(presence.Away))
			continue
		}
		fmt.Println(change.Joins[0].User.Name, change.Joins[0].Metas[0].Status)
		break
	}
	fmt.Println(v.Presence.Online("acme", "support"))
	// Output:
	// 2 1
	// here: 2
	// Ana Souza away
	// 1
}

// The customer rates a completed call, once.
func Example_evaluation() {
	ctx := context.Background()
	v, c := served()
	c, err := v.Calls.Evaluate(ctx, "acme", c.ID, 5, "Quick and kind.")
	check(err)
	fmt.Println(c.Rating)
	_, err = v.Calls.Evaluate(ctx, "acme", c.ID, 1, "")
	fmt.Println(err)
	// Output:
	// 5
	// the call has already been evaluated
}

// Tags are made by a manager and put on calls by everybody.
func Example_tags() {
	ctx := context.Background()
	v, c := served()
	urgent, err := v.Tags.Create(ctx, eva, tag.Tag{Name: "Urgent", Color: "#3b82f6"})
	check(err)
	for range 2 {
		_, added, err := v.Tags.Add(ctx, ana, c.ID, urgent.ID)
		check(err)
		fmt.Println("added:", added)
	}
	tags, err := v.Tags.List(ctx, ana, c.ID)
	check(err)
	fmt.Println(len(tags), tags[0].Name, tags[0].Color)
	// Output:
	// added: true
	// added: false
	// 1 Urgent #3b82f6
}

// Notes are added to a completed call and never changed.
func Example_notes() {
	ctx := context.Background()
	v, c := served()
	_, err := v.Notes.Add(ctx, ana, c.ID, "Well done, me.")
	fmt.Println(err)
	all, err := v.Notes.Add(ctx, sam, c.ID, "Excellent service.")
	check(err)
	fmt.Println(all[0].AuthorName+":", all[0].Text)
	// Output:
	// Only owner, manager, or supervisor can add notes
	// Sam Supervisor: Excellent service.
}

// Files are streamed to the blob store, whatever the call's state.
func Example_upload() {
	ctx := context.Background()
	v, c := talking()
	file, err := v.Media.Upload(ctx, ana, c.ID, media.Content{
		Name: `C:\Users\maria\contract.txt`, Type: "text/plain", Reader: strings.NewReader("Clause one."),
	})
	check(err)
	fmt.Println(file.Name, file.Size)
	_, content, err := v.Media.Open(ctx, ana, file.ID)
	check(err)
	defer content.Close()
	text, err := io.ReadAll(content)
	check(err)
	fmt.Println(string(text))
	// Output:
	// contract.txt 11
	// Clause one.
}

// webm is how a WebM file begins.
const webm = "\x1aE\xdf\xa3\x87B\x82\x84webm"

// A call has one recording.
func Example_recording() {
	ctx := context.Background()
	v, c := served()
	rec, err := v.Media.PutRecording(ctx, ana, c.ID, 90*time.Second, strings.NewReader(webm))
	check(err)
	fmt.Println(rec.Format, rec.Duration)
	_, err = v.Media.PutRecording(ctx, ana, c.ID, 0, strings.NewReader(webm))
	fmt.Println(err)
	// Output:
	// webm 1m30s
	// the call already has a recording
}

// A browser sends what it records in parts; each side may have a track of its own.
func Example_recordingByParts() {
	ctx := context.Background()
	v, c := talking()
	for n, part := range []string{webm, ", and", " more"} {
		_, _, err := v.Media.PutPart(ctx, ana, c.ID, media.TrackAgent, n, strings.NewReader(part))
		check(err)
	}
	_, _, err := v.Media.Finish(ctx, ana, c.ID, map[media.TrackName]int{media.TrackAgent: 4})
	fmt.Println(err)
	_, _, err = v.Media.Finish(ctx, ana, c.ID, nil)
	check(err)
	rec, content, err := v.Media.OpenTrack(ctx, c.Tenant, c.ID, media.TrackAgent)
	check(err)
	defer content.Close()
	all, err := io.ReadAll(content)
	check(err)
	fmt.Printf("%d%s\n", rec.Size, all[len(webm):])
	// Output:
	// parts part 3 of agent is missing
	// 22, and more
}

// pro is a plan that includes transcripts.
type pro struct{}

func (pro) HasFeature(_ context.Context, _ string, f ai.Feature) (bool, error) {
	return f == ai.Transcription, nil
}

// Artifacts are given out to those who have them in their plan.
func Example_transcript() {
	ctx := context.Background()
	v, err := voki.New(voki.Options{Store: memory.New(), Plans: pro{}})
	check(err)
	c, err := v.Calls.Enqueue(ctx, maria)
	check(err)
	_, err = v.AI.Transcript(ctx, ana, c.ID)
	fmt.Println(err)
	check(v.AI.PutTranscript(ctx, ai.Transcript{Tenant: "acme", CallID: c.ID, Text: "Agent: Good morning!", Language: "en"}))
	transcript, err := v.AI.Transcript(ctx, ana, c.ID)
	check(err)
	fmt.Println(transcript.Text)
	_, err = v.AI.Summary(ctx, ana, c.ID)
	fmt.Println(err)
	// Output:
	// call not found or no transcript available
	// Agent: Good morning!
	// Feature ai_summaries not available in the plan
}

// Calls that were made elsewhere are taken over with their ids and times; a list finds them without regard to case
// and accents.
func Example_import() {
	ctx := context.Background()
	v, err := voki.New(voki.Options{Store: memory.New()})
	check(err)
	at := time.Date(2026, 2, 15, 14, 29, 48, 0, time.UTC)
	old := call.Call{
		ID: "1a2b3c4d-5e6f-7890-abcd-ef1234567890", Status: call.Completed,
		Department: call.Ref{ID: "support"}, User: call.Ref{ID: "ana"}, Customer: call.Customer{Name: "João Silva"},
		InsertedAt: at, StartedAt: at.Add(12 * time.Second), EndedAt: at.Add(357 * time.Second),
	}
	for range 2 { // it may be repeated
		results, err := v.Calls.Import(ctx, eva, []call.Call{old})
		check(err)
		fmt.Println("was there:", results[0].Existed)
	}
	page, err := v.Calls.List(ctx, ana, call.Query{Search: "joao", Statuses: []call.Status{call.Completed}})
	check(err)
	duration, _ := page.Calls[0].Duration()
	fmt.Println(page.Total, page.Calls[0].Customer.Name, duration)
	// Output:
	// was there: false
	// was there: true
	// 1 João Silva 5m45s
}

// All goes over every call that a query matches, however many there are and whatever comes in meanwhile.
func Example_list() {
	ctx := context.Background()
	v, err := voki.New(voki.Options{Store: memory.New()})
	check(err)
	for _, name := range []string{"Zoe", "ana", "Álvaro"} {
		_, err := v.Calls.Enqueue(ctx, call.Intake{
			Tenant: "acme", Department: "support", Customer: call.Customer{Name: name},
		})
		check(err)
	}
	for c, err := range v.Calls.All(ctx, ana, call.Query{Sort: call.SortCustomerName, Asc: true}) {
		check(err)
		fmt.Println(c.Customer.Name)
	}
	// Output:
	// Álvaro
	// ana
	// Zoe
}

// talking returns a Voki with a call that is active.
func talking() (*voki.Voki, call.Call) {
	ctx := context.Background()
	v, err := voki.New(voki.Options{Store: memory.New()})
	check(err)
	c, err := v.Calls.Enqueue(ctx, maria)
	check(err)
	_, err = v.Calls.Assign(ctx, ana, c.ID, "")
	check(err)
	c, err = v.Calls.Start(ctx, ana, c.ID)
	check(err)
	return v, c
}

// served returns a Voki with a call that is completed.
func served() (*voki.Voki, call.Call) {
	v, c := talking()
	c, err := v.Calls.Complete(context.Background(), ana, c.ID, "")
	check(err)
	return v, c
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
