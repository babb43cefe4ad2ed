// SPDX-License-Identifier: MIT
// What providers answer in the journeys: one short text, as each of the four dialects says it,
// with token counts that no other part of a test uses, so that a mix-up shows.

export const ANTHROPIC_USAGE = {
  input_tokens: 1201,
  output_tokens: 57,
  cache_read_input_tokens: 3307,
  cache_creation_input_tokens: 419,
  cache_creation: { ephemeral_5m_input_tokens: 400, ephemeral_1h_input_tokens: 19 },
};

export const ANTHROPIC_MESSAGE = {
  id: 'msg_01Journey',
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-4-5',
  content: [{ type: 'text', text: 'It flows.' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: ANTHROPIC_USAGE,
};

const event = (name, data) => `event: ${name}\ndata: ${JSON.stringify({ type: name, ...data })}\n\n`;

export const ANTHROPIC_EVENTS = [
  event('message_start', {
    message: {
      ...ANTHROPIC_MESSAGE,
      content: [],
      stop_reason: null,
      usage: { ...ANTHROPIC_USAGE, output_tokens: 1 },
    },
  }),
  event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
  event('ping', {}),
  event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'It ' } }),
  event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'flows.' } }),
  event('content_block_stop', { index: 0 }),
  event('message_delta', {
    delta: { stop_reason: 'end_turn', stop_sequence: null },
    usage: { output_tokens: 57 },
  }),
  event('message_stop', {}),
];

export const CHAT_USAGE = {
  prompt_tokens: 811,
  completion_tokens: 43,
  total_tokens: 854,
  prompt_tokens_details: { cached_tokens: 512 },
  completion_tokens_details: { reasoning_tokens: 17 },
};

export const CHAT_COMPLETION = {
  id: 'chatcmpl-journey',
  object: 'chat.completion',
  created: 1763800000,
  model: 'gpt-5-mini',
  choices: [
    { index: 0, message: { role: 'assistant', content: 'It flows.' }, finish_reason: 'stop' },
  ],
  usage: CHAT_USAGE,
};

const chunk = (choices, more = {}) =>
  `data: ${JSON.stringify({
    id: 'chatcmpl-journey',
    object: 'chat.completion.chunk',
    created: 1763800000,
    model: 'gpt-5-mini',
    choices,
    ...more,
  })}\n\n`;

export const CHAT_EVENTS = [
  chunk([{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }]),
  chunk([{ index: 0, delta: { content: 'It ' }, finish_reason: null }]),
  chunk([{ index: 0, delta: { content: 'flows.' }, finish_reason: null }]),
  chunk([{ index: 0, delta: {}, finish_reason: 'stop' }]),
];
export const CHAT_USAGE_EVENT = chunk([], { usage: CHAT_USAGE });
export const CHAT_DONE = 'data: [DONE]\n\n';

export const RESPONSES_USAGE = {
  input_tokens: 977,
  input_tokens_details: { cached_tokens: 256 },
  output_tokens: 61,
  output_tokens_details: { reasoning_tokens: 23 },
  total_tokens: 1038,
};

const output = [
  {
    id: 'msg_journey',
    type: 'message',
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text: 'It flows.', annotations: [] }],
  },
];

export const RESPONSE = {
  id: 'resp_journey',
  object: 'response',
  created_at: 1763800000,
  model: 'gpt-5.1-codex',
  status: 'completed',
  output,
  usage: RESPONSES_USAGE,
};

export const RESPONSES_EVENTS = [
  event('response.created', {
    sequence_number: 0,
    response: { ...RESPONSE, status: 'in_progress', output: [], usage: null },
  }),
  event('response.output_text.delta', {
    sequence_number: 1, item_id: 'msg_journey', output_index: 0, content_index: 0, delta: 'It ',
  }),
  event('response.output_text.delta', {
    sequence_number: 2, item_id: 'msg_journey', output_index: 0, content_index: 0, delta: 'flows.',
  }),
  event('response.completed', { sequence_number: 3, response: RESPONSE }),
];

export const GEMINI_USAGE = {
  promptTokenCount: 641,
  candidatesTokenCount: 37,
  thoughtsTokenCount: 11,
  cachedContentTokenCount: 128,
  totalTokenCount: 689,
};

const candidate = (text, more = {}) => ({
  candidates: [{ index: 0, content: { role: 'model', parts: [{ text }] }, ...more }],
  modelVersion: 'gemini-2.5-flash',
});

export const GEMINI_ANSWER = {
  ...candidate('It flows.', { finishReason: 'STOP' }),
  usageMetadata: GEMINI_USAGE,
};

// Google ends its lines with CRLF.
export const GEMINI_EVENTS = [
  `data: ${JSON.stringify(candidate('It '))}\r\n\r\n`,
  `data: ${JSON.stringify({
    ...candidate('flows.', { finishReason: 'STOP' }),
    usageMetadata: GEMINI_USAGE,
  })}\r\n\r\n`,
];
