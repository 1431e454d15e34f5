import assert from "node:assert/strict";
import { test } from "node:test";
import { isProblem, ProblemError, unwrap, unwrapOr } from "coinglass-graphql-client";

const payload = { __typename: "FundingSeries", candles: [] };
const unavailable = { __typename: "Unavailable", code: "TIMEOUT", message: "CoinGlass did not answer in time.", retryAfter: 3 };

test("a payload is unwrapped as it is", () => {
  assert.equal(unwrap(payload), payload);
  assert.equal(unwrapOr(payload, null), payload);
  assert.equal(isProblem(payload), false);
});

for (const __typename of ["PlanGated", "Unavailable", "InvalidInput"])
  test(`${__typename} is a problem`, () => {
    assert.equal(isProblem({ __typename }), true);
    assert.throws(() => unwrap({ __typename }), { name: "ProblemError", message: __typename });
  });

test("the error of a problem has its message, code and time to wait", () => {
  assert.throws(() => unwrap(unavailable), (error) => {
    assert.ok(error instanceof ProblemError);
    assert.deepEqual([error.message, error.code, error.retryAfter, error.problem], [unavailable.message, "TIMEOUT", 3, unavailable]);
    return true;
  });
});

test("a result that is missing is no payload", () => {
  for (const missing of [null, undefined]) {
    assert.throws(() => unwrap(missing), ProblemError);
    assert.equal(unwrapOr(missing, 0), 0);
    assert.equal(isProblem(missing), false);
  }
});
