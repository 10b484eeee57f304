package follow_test

import (
	"context"
	"fmt"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/call/follow"
	"github.com/avanter/voki/storage"
	"github.com/avanter/voki/storage/memory"
)

// A queue that greets the customer of every new call. What it notes of that is there if, and only if, the job is done.
func Example() {
	ctx, stop := context.WithCancel(context.Background())
	store := memory.New()
	greeted := make(chan struct{})
	greetings := follow.New(store, follow.Options[storage.Tx]{
		Name: "greetings",
		Plan: func(_ context.Context, e call.Event) ([]follow.Job, error) {
			if e.Kind != call.KindCreated {
				return nil, nil
			}
			return []follow.Job{{ID: fmt.Sprint("greetings:", e.Seq), Kind: "hello"}}, nil
		},
		Do: func(_ context.Context, j follow.Job) (follow.Done[storage.Tx], error) {
			fmt.Println(j.Kind) // the slow part, outside any transaction
			close(greeted)
			return follow.Done[storage.Tx]{Result: "greeted", Commit: func(tx storage.Tx) error {
				return tx.PutSetting("greeted "+j.CallID, []byte("yes"))
			}}, nil
		},
	})
	if err := greetings.Begin(ctx); err != nil {
		fmt.Println(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- greetings.Run(ctx) }()

	calls := call.NewService(storage.NarrowCalls(store), call.Options{})
	maria := call.Intake{Tenant: "acme", Department: "support", Customer: call.Customer{Name: "Maria"}}
	if _, err := calls.Enqueue(ctx, maria); err != nil {
		fmt.Println(err)
	}
	<-greeted
	stop()
	fmt.Println(<-ended)

	sam := call.Actor{Tenant: "acme", ID: "sam", Role: call.RoleSupervisor}
	jobs, err := follow.NewJobs(storage.Narrow[follow.Tx](store)).List(context.Background(), sam, follow.Filter{}, "", 10)
	for _, j := range jobs {
		fmt.Println(j.ID, j.State, j.Result)
	}
	fmt.Println(err)
	// Output:
	// hello
	// <nil>
	// greetings:1 done greeted
	// <nil>
}
