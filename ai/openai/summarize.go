package openai

import (
	"context"
	"errors"
	"fmt"

	sdk "github.com/openai/openai-go/v3"

	"github.com/avanter/voki/ai"
)

// Summarize implements [ai.Summarizer] by a chat completion, which is what most servers offer. Model in the answer is
// the one that was asked for.
func (c *Client) Summarize(ctx context.Context, p ai.Prompt) (ai.Answer, error) {
	reply, err := c.chat.Completions.New(ctx, sdk.ChatCompletionNewParams{
		Model:    c.summaryModel,
		Messages: []sdk.ChatCompletionMessageParamUnion{sdk.SystemMessage(p.Instructions), sdk.UserMessage(p.Data)},
	})
	if err != nil {
		return ai.Answer{}, explain(ctx, err)
	}
	if len(reply.Choices) == 0 {
		return ai.Answer{}, errors.New("the reply holds no answer")
	}
	first := reply.Choices[0]
	if first.Message.Refusal != "" {
		return ai.Answer{}, &ai.Refused{Err: errors.New("the model refuses to answer")}
	}
	if first.FinishReason == "content_filter" {
		return ai.Answer{}, &ai.Refused{Err: fmt.Errorf("the answer was withheld (%s)", first.FinishReason)}
	}
	return ai.Answer{Text: first.Message.Content, Provider: c.provider, Model: c.summaryModel}, nil
}
