// Calls up WeChat's payment inside WeChat; elsewhere the page works without it.
(function () {
  "use strict";
  const button = document.getElementById("wechat-pay");
  if (!button) return;
  const params = Object.fromEntries(new URLSearchParams(button.dataset.params));
  function pay() {
    if (!window.WeixinJSBridge) return;
    window.WeixinJSBridge.invoke("getBrandWCPayRequest", params, function (answer) {
      // What the app says is not believed: the bill's page asks the channel.
      if (answer.err_msg === "get_brand_wcpay_request:ok") {
        window.location.assign(button.dataset.after);
      }
    });
  }
  button.addEventListener("click", pay);
  if (window.WeixinJSBridge) pay();
  else document.addEventListener("WeixinJSBridgeReady", pay, { once: true });
})();
